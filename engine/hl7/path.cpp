// Reading and writing paths as text. The reader accepts other engines' habits where they cannot be misunderstood, and
// where they can (0-based positions) says how it is written here.
#include "engine/hl7/path.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>
#include <utility>

namespace myelin::hl7 {
namespace {

constexpr std::uint32_t kLargestPart = std::numeric_limits<std::uint16_t>::max();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_name(char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '_'; }

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (is_lower(c)) c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<Path, PathError> read() {
    const bool ok = read_groups() && read_segment() && read_field();
    if (!ok) return std::unexpected(std::move(error_));
    return std::move(path_);
  }

  // Where the segment's name begins, behind all groups.
  std::size_t segment_begin() const { return segment_begin_; }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }

  bool refuse(std::size_t offset, std::size_t length, std::string message, std::string hint = {}) {
    error_ = PathError{std::min(offset, text_.size()), std::max<std::size_t>(length, 1), std::move(message),
                       std::move(hint)};
    return false;
  }

  // The text with [offset, offset + length) replaced: most hints are this.
  std::string with(std::size_t offset, std::size_t length, std::string_view replacement) const {
    std::string result(text_);
    return result.replace(offset, length, replacement);
  }

  bool read_groups();
  bool read_segment();
  bool read_field();
  bool read_number(std::string_view what, std::uint32_t limit, std::uint32_t& number);
  bool read_part(std::string_view what, std::uint16_t& number);
  bool read_pick(Pick& pick, bool on_segment);
  bool read_bracket(Pick& pick, bool on_segment);
  bool read_condition(Pick& pick, bool on_segment, std::string_view inside, std::size_t offset);
  bool refuse_parenthesis();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t segment_begin_ = 0;
  Path path_;
  PathError error_;
};

bool Reader::read_groups() {
  if (text_.empty()) return refuse(0, 1, "a path is missing", "PID-5.1");
  if (text_[0] == '/' || text_[0] == '.') {
    const auto begin = std::min(text_.find_first_not_of("/.*"), text_.size());
    return refuse(0, begin, "a path begins with a segment or a group", std::string(text_.substr(begin)));
  }
  // A slash inside a condition's value is no step.
  while (true) {
    std::size_t end = at_;
    while (end < text_.size() && is_name(text_[end])) ++end;
    std::size_t after = end;
    while (after < text_.size() && text_[after] == '[') {
      after = std::min(text_.find(']', after), text_.size() - 1) + 1;
    }
    if (after >= text_.size() || text_[after] != '/') return true;
    GroupStep step;
    step.name = upper(text_.substr(at_, end - at_));
    if (step.name.empty()) return refuse(at_, 1, "a group's name is missing before the slash");
    at_ = end;
    if (!read_pick(step.pick, true)) return false;
    ++at_;
    path_.groups.push_back(std::move(step));
  }
}

bool Reader::read_segment() {
  const std::size_t begin = segment_begin_ = at_;
  while (!at_end() && is_name(peek())) ++at_;
  const auto name = text_.substr(begin, at_ - begin);
  const auto valid = [](std::string_view n) {
    return n.size() == 3 && is_upper(n[0]) && std::ranges::all_of(n, [](char c) { return is_upper(c) || is_digit(c); });
  };
  if (!valid(name)) {
    const auto raised = upper(name);
    if (valid(raised)) return refuse(begin, 3, "a segment's name is in capitals", with(begin, 3, raised));
    const bool run_on = name.size() > 3 && valid(std::string_view(raised).substr(0, 3)) &&
                        std::ranges::all_of(name.substr(3), is_digit);
    if (run_on) {
      return refuse(begin, name.size(), "a hyphen stands between segment and field",
                    with(begin, name.size(), raised.substr(0, 3) + "-" + raised.substr(3)));
    }
    return refuse(begin, name.size(), "a segment's name is three characters, a letter first");
  }
  path_.segment = name;
  return read_pick(path_.segment_pick, true);
}

bool Reader::read_field() {
  if (at_end()) return true;
  if (peek() != '-' && peek() != '.') return refuse(at_, 1, "a field is written with a hyphen, as in PID-5.1");
  ++at_;
  if (!read_part("field", path_.field) || !read_pick(path_.repetition, false)) return false;
  for (auto* part : {&path_.component, &path_.subcomponent}) {
    if (at_end()) return true;
    const bool component = part == &path_.component;
    if (peek() != '.' && peek() != '-') {
      return refuse(at_, 1,
                    component ? "a component is written with a point, as in PID-5.1"
                              : "a subcomponent is written with a point, as in PID-3.4.2");
    }
    ++at_;
    if (!read_part(component ? "component" : "subcomponent", *part)) return false;
    if (peek() == '[' || peek() == '(') {
      return refuse(at_, text_.size() - at_, "a repetition is chosen at the field, as in PID-3[2].1");
    }
  }
  return at_end() || refuse(at_, text_.size() - at_, "a path ends with the subcomponent");
}

bool Reader::read_number(std::string_view what, std::uint32_t limit, std::uint32_t& number) {
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  while (!at_end() && is_digit(peek())) {
    value = std::min<std::uint64_t>(value * 10 + static_cast<std::uint64_t>(peek() - '0'), std::uint64_t{limit} + 1);
    ++at_;
  }
  const std::size_t length = at_ - begin;
  if (length == 0) return refuse(begin, 1, "the number of the " + std::string(what) + " is missing");
  if (value == 0) {
    return refuse(begin, length, "positions count from 1, as the standard does", with(begin, length, "1"));
  }
  if (value > limit) {
    return refuse(begin, length, "the number of the " + std::string(what) + " is beyond " + std::to_string(limit));
  }
  number = static_cast<std::uint32_t>(value);
  return true;
}

bool Reader::read_part(std::string_view what, std::uint16_t& number) {
  std::uint32_t value = 0;
  if (!read_number(what, kLargestPart, value)) return false;
  number = static_cast<std::uint16_t>(value);
  return true;
}

// Terser's OBX(1) is the second one; guessing which was meant would be a mistake on a patient's data.
bool Reader::refuse_parenthesis() {
  const std::size_t close = text_.find(')', at_);
  const auto inside = text_.substr(at_ + 1, std::min(close, text_.size()) - at_ - 1);
  const bool counted =
      close != std::string_view::npos && !inside.empty() && inside.size() <= 6 && std::ranges::all_of(inside, is_digit);
  std::string hint;
  if (counted) hint = with(at_, inside.size() + 2, "[" + std::to_string(std::stoul(std::string(inside)) + 1) + "]");
  return refuse(at_, inside.size() + 2,
                "positions in parentheses count from 0 elsewhere; here they stand in brackets and count from 1",
                std::move(hint));
}

bool Reader::read_pick(Pick& pick, bool on_segment) {
  if (peek() == '(') return refuse_parenthesis();
  while (peek() == '[') {
    if (!read_bracket(pick, on_segment)) return false;
  }
  return true;
}

bool Reader::read_bracket(Pick& pick, bool on_segment) {
  const std::size_t open = at_;
  const std::size_t close = text_.find(']', open);
  if (close == std::string_view::npos) {
    return refuse(open, text_.size() - open, "the bracket is not closed", std::string(text_) + "]");
  }
  const auto inside = text_.substr(open + 1, close - open - 1);
  const bool condition = inside.find('=') != std::string_view::npos;
  const bool first = pick.kind == Pick::Kind::implicit;
  if (!first && !(condition && pick.kind == Pick::Kind::where)) {
    return refuse(open, close + 1 - open, "only conditions can be combined, as in PID-3[5=MR][4.1=WEST]");
  }
  at_ = open + 1;
  if (condition) {
    if (!read_condition(pick, on_segment, inside, open + 1)) return false;
  } else if (inside == "last") {
    pick.kind = Pick::Kind::last;
  } else if (inside == "*") {
    pick.kind = Pick::Kind::all;
  } else if (!inside.empty() && std::ranges::all_of(inside, is_digit)) {
    pick.kind = Pick::Kind::number;
    const auto limit = on_segment ? static_cast<std::uint32_t>(kMaxSegments) : kLargestPart;
    if (!read_number(on_segment ? "segment" : "repetition", limit, pick.number)) return false;
  } else {
    const bool other_word = inside == "first" || inside == "all" || inside.empty();
    return refuse(open + 1, inside.size(), "a bracket holds a number, last, * or a condition such as 5=MR",
                  other_word ? with(open + 1, inside.size(), inside == "first" ? "1" : "*") : std::string());
  }
  at_ = close + 1;
  return true;
}

bool Reader::read_condition(Pick& pick, bool on_segment, std::string_view inside, std::size_t offset) {
  PickCondition condition;
  const std::size_t equals = inside.find('=');
  const std::string_view first = on_segment ? "field" : "component";
  if (!read_part(first, condition.number)) return false;
  for (auto* part : {&condition.component, &condition.subcomponent}) {
    if (peek() != '.') break;
    const bool too_deep = !on_segment && part == &condition.subcomponent;
    if (too_deep) return refuse(at_, 1, "a repetition's condition names a component and a subcomponent at most");
    ++at_;
    if (!read_part("part", *part)) return false;
  }
  if (at_ != offset + equals)
    return refuse(at_, offset + equals - at_, "a condition is a position, = and a value, as in 5=MR");
  auto value = inside.substr(equals + 1);
  if (value.starts_with('=')) return refuse(at_, 2, "a condition has one equals sign", with(at_, 2, "="));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  condition.value = value;
  pick.kind = Pick::Kind::where;
  pick.conditions.push_back(std::move(condition));
  return true;
}

// Quotes around a value are no part of it; they are needed where it begins as something else would.
void append_value(std::string& out, const std::string& value) {
  const bool quote = value.starts_with('=') || (value.size() >= 2 && value.front() == '"' && value.back() == '"');
  if (quote) out.push_back('"');
  out.append(value);
  if (quote) out.push_back('"');
}

void append_condition(std::string& out, const PickCondition& condition) {
  out.append("[").append(std::to_string(condition.number));
  for (const auto part : {condition.component, condition.subcomponent}) {
    if (part != 0) out.append(".").append(std::to_string(part));
  }
  out.append("=");
  append_value(out, condition.value);
  out.append("]");
}

void append_pick(std::string& out, const Pick& pick) {
  switch (pick.kind) {
    case Pick::Kind::implicit:
      return;
    case Pick::Kind::number:
      out.append("[").append(std::to_string(pick.number)).append("]");
      return;
    case Pick::Kind::last:
      out.append("[last]");
      return;
    case Pick::Kind::all:
      out.append("[*]");
      return;
    case Pick::Kind::where:
      for (const auto& condition : pick.conditions) append_condition(out, condition);
      return;
  }
}

void append_parts(std::string& out, std::uint16_t component, std::uint16_t subcomponent) {
  if (component != 0) out.append(".").append(std::to_string(component));
  if (subcomponent != 0) out.append(".").append(std::to_string(subcomponent));
}

}  // namespace

std::expected<Path, PathError> parse_path_with_groups(std::string_view text) { return Reader(text).read(); }

std::expected<Path, PathError> parse_path(std::string_view text) {
  Reader reader(text);
  auto path = reader.read();
  if (path && !path->groups.empty()) {
    const std::string text_alone(text.substr(reader.segment_begin()));
    return std::unexpected(PathError{0, reader.segment_begin(), "no group can stand here", text_alone});
  }
  return path;
}

std::string to_string(const Path& path) {
  std::string out;
  for (const auto& group : path.groups) {
    out.append(group.name);
    append_pick(out, group.pick);
    out.append("/");
  }
  out.append(path.segment);
  append_pick(out, path.segment_pick);
  if (path.field == 0) return out;
  out.append("-").append(std::to_string(path.field));
  append_pick(out, path.repetition);
  append_parts(out, path.component, path.subcomponent);
  return out;
}

std::string to_string(const Tree& tree, const Spot& spot) {
  const auto name = tree.segment_name(spot.segment);
  const bool usable = name.size() == 3 && std::ranges::all_of(name, [](char c) { return is_upper(c) || is_digit(c); });
  std::size_t ordinal = 1;
  for (std::size_t i = 0; i < spot.segment && i < tree.segment_count(); ++i) {
    ordinal += tree.segment_name(i) == name ? 1U : 0U;
  }
  // What is no segment's name may be anything, a patient's name too, and must not reach a log.
  std::string out(usable ? name : std::string_view("???"));
  out.append("[").append(std::to_string(ordinal)).append("]");
  if (spot.field == 0) return out;
  out.append("-").append(std::to_string(spot.field));
  const bool told = spot.repetition > 1 || (spot.repetition == 1 && spot.component == 0);
  if (told) out.append("[").append(std::to_string(spot.repetition)).append("]");
  append_parts(out, spot.component == 0 && spot.subcomponent != 0 ? std::uint16_t{1} : spot.component,
               spot.subcomponent);
  return out;
}

}  // namespace myelin::hl7
