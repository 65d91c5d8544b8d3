// Paths into FHIR and places in a segment, as the rules write them.
#include <charconv>

#include "routes/reverse/rules_read.h"

namespace myelin::reverse {
namespace {

bool number_at(std::string_view text, std::size_t& at, std::size_t& number) {
  const auto read = std::from_chars(text.data() + at, text.data() + text.size(), number);
  if (read.ec != std::errc()) return false;
  at = static_cast<std::size_t>(read.ptr - text.data());
  return true;
}

class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  std::string run(std::vector<Step>& path) {
    while (at_ < text_.size()) {
      if (text_[at_] == '.') ++at_;
      if (text_.substr(at_).starts_with("^")) {
        ++at_;
        path.push_back({Step::Kind::around, {}, 0, {}, {}});
      } else if (!name(path)) {
        return "'" + std::string(text_) + "' is no path";
      }
      while (at_ < text_.size() && text_[at_] == '[')
        if (!bracket(path)) return "'" + std::string(text_) + "' has a bracket that picks nothing";
    }
    return path.empty() ? "a path is missing" : "";
  }

 private:
  bool name(std::vector<Step>& path) {
    const auto end = std::min(text_.find_first_of(".[(", at_), text_.size());
    Step step;
    step.name = text_.substr(at_, end - at_);
    if (step.name.empty()) return false;
    at_ = end;
    if (at_ < text_.size() && text_[at_] == '(') {
      const auto close = text_.find(')', at_);
      if (close == text_.npos) return false;
      const auto inside = text_.substr(at_ + 1, close - at_ - 1);
      if (!call(step, inside)) return false;
      at_ = close + 1;
    } else if (step.name.starts_with("rest:")) {
      step.kind = Step::Kind::rest;
      step.name.erase(0, 5);
    } else if (step.name.front() >= 'A' && step.name.front() <= 'Z') {
      step.kind = Step::Kind::resources;
    }
    path.push_back(std::move(step));
    return true;
  }

  static bool call(Step& step, std::string_view inside) {
    if (step.name == "resolve") step.kind = Step::Kind::resolve;
    if (step.name == "extension") step.kind = Step::Kind::extension;
    if (step.name == "skip") step.kind = Step::Kind::skip;
    if (step.kind == Step::Kind::extension) step.name = inside;
    std::size_t from = 0;
    if (step.kind == Step::Kind::skip) return number_at(inside, from, step.number);
    return step.kind != Step::Kind::member;
  }

  bool bracket(std::vector<Step>& path) {
    const auto close = text_.find(']', at_);
    if (close == text_.npos) return false;
    const auto inside = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    if (const auto equals = inside.find('='); equals != inside.npos) {
      path.back().key = inside.substr(0, equals);
      path.back().value = inside.substr(equals + 1);
      return true;
    }
    std::size_t from = 0;
    Step step;
    step.kind = Step::Kind::index;
    const bool good = number_at(inside, from, step.number);
    path.push_back(std::move(step));
    return good;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string read_path(std::string_view text, std::vector<Step>& path) { return PathReader(text).run(path); }

bool read_place(std::string_view text, Place& place) {
  if (text.ends_with("[]")) {
    place.repeats = true;
    text.remove_suffix(2);
  }
  const bool relative = text.starts_with('.');
  if (!relative) text.remove_prefix(std::min<std::size_t>(4, text.size()));  // PID-
  else text.remove_prefix(1);
  std::uint16_t* numbers[] = {&place.field, &place.component, &place.subcomponent};
  for (std::size_t at = relative ? 1 : 0; at < 3 && !text.empty(); ++at) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *numbers[at]);
    if (read.ec != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    if (text.starts_with('.')) text.remove_prefix(1);
  }
  return text.empty();
}

}  // namespace myelin::reverse
