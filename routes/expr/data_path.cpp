#include "routes/expr/data_path.h"

#include <algorithm>
#include <charconv>
#include <ranges>
#include <utility>

namespace myelin::expr {
namespace {

constexpr std::size_t kMostSteps = 32;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<DataPath, hl7::PathError> run() {
    DataPath path;
    if (peek() == '.') ++at_;  // of $body.name
    while (at_ < text_.size()) {
      DataStep step;
      if (!path.steps.empty() && peek() == '.') ++at_;
      if (is_word(peek())) step.key = word();
      else if (quoted()) step.key = quoted_key();
      else if (peek() != '[' || !path.steps.empty()) return wrong("a name is missing here");
      if (peek() == '[' && !quoted())
        if (auto done = pick(step.pick); !done) return std::unexpected(std::move(done.error()));
      path.steps.push_back(std::move(step));
      if (path.steps.size() > kMostSteps) return wrong("a path has at most 32 names");
      if (at_ < text_.size() && peek() != '.' && peek() != '[') return wrong("a point is missing here");
    }
    return path;
  }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool quoted() const { return peek() == '[' && (peek(1) == '\'' || peek(1) == '"'); }

  std::unexpected<hl7::PathError> wrong(std::string message, std::string hint = {}) const {
    return std::unexpected(hl7::PathError{std::min(at_, text_.size() - 1), 1, std::move(message), std::move(hint)});
  }

  std::string word() {
    const auto from = at_;
    while (is_word(peek())) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  std::string quoted_key() {
    const char quote = peek(1);
    const auto close = text_.find(quote, at_ + 2);
    if (close == std::string_view::npos || close + 1 >= text_.size() || text_[close + 1] != ']') {
      at_ = text_.size();
      return {};
    }
    std::string key(text_.substr(at_ + 2, close - at_ - 2));
    at_ = close + 2;
    return key;
  }

  std::expected<void, hl7::PathError> pick(DataPick& pick) {
    const auto close = text_.find(']', at_);
    if (close == std::string_view::npos) return wrong("this bracket is not closed");
    const auto inside = text_.substr(at_ + 1, close - at_ - 1);
    const auto equals = inside.find('=');
    if (inside == "*") {
      pick.kind = DataPick::Kind::all;
    } else if (inside == "last") {
      pick.kind = DataPick::Kind::last;
    } else if (equals != inside.npos && equals > 0) {
      pick = {DataPick::Kind::where, 0, std::string(inside.substr(0, equals)), std::string(inside.substr(equals + 1))};
    } else {
      const auto read = std::from_chars(inside.begin(), inside.end(), pick.number);
      if (read.ec != std::errc() || read.ptr != inside.end())
        return wrong("this picks nothing", "[2], [last], [*], [code=GLU]; a key stands in quotes: ['odd key']");
      if (pick.number == 0) return wrong("items are counted from 1", "[1] is the first");
      pick.kind = DataPick::Kind::number;
    }
    at_ = close + 1;
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string text_of(const json::Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* digits = value.digits()) return *digits;
  if (const auto truth = value.truth()) return *truth ? "true" : "false";
  return {};
}

class Selection {
 public:
  Selection(const DataPath& path, std::span<const Context::Row> rows, bool whole)
      : path_(path), rows_(rows), whole_(whole) {}

  std::vector<const json::Value*> run(const json::Value& root) {
    follow(root, 0, {});
    return std::move(found_);
  }

 private:
  void follow(const json::Value& value, std::size_t at, const std::string& names) {
    if (at == path_.steps.size()) {
      found_.push_back(&value);
      return;
    }
    const auto& step = path_.steps[at];
    const auto path = at == 0 ? step.key : names + "." + step.key;
    if (!step.key.empty() && !value.has(step.key)) return;
    const auto& inner = step.key.empty() ? value : value[step.key];
    const auto* items = inner.array();
    const bool last = at + 1 == path_.steps.size();
    if (!items) {
      if (step.pick.kind != DataPick::Kind::number || step.pick.number == 1) follow(inner, at + 1, path);
      return;
    }
    if (whole_ && last && step.pick.kind == DataPick::Kind::implicit) return found_.push_back(&inner);
    for (const auto index : picked(*items, step.pick, path, rows_)) {
      follow((*items)[index], at + 1, path);
      if (step.pick.kind == DataPick::Kind::where) break;
    }
  }

  const DataPath& path_;
  std::span<const Context::Row> rows_;
  bool whole_;
  std::vector<const json::Value*> found_;
};

}  // namespace

std::vector<std::size_t> picked(const json::Array& items, const DataPick& pick, const std::string& path,
                                std::span<const Context::Row> rows) {
  using Kind = DataPick::Kind;
  std::vector<std::size_t> found;
  const auto add = [&](std::size_t index) {
    if (index < items.size()) found.push_back(index);
  };
  switch (pick.kind) {
    case Kind::implicit: {
      const auto current = std::ranges::find(rows.rbegin(), rows.rend(), path, &Context::Row::path);
      add(current == rows.rend() ? 0 : current->index);
      break;
    }
    case Kind::number:
      add(pick.number - 1);
      break;
    case Kind::last:
      if (!items.empty()) add(items.size() - 1);
      break;
    case Kind::all:
      for (std::size_t at = 0; at < items.size(); ++at) add(at);
      break;
    case Kind::where:
      for (std::size_t at = 0; at < items.size(); ++at)
        if (text_of(items[at][pick.key]) == pick.value) add(at);
      break;
  }
  return found;
}

bool DataPath::lists() const {
  return std::ranges::any_of(steps, [](const DataStep& step) { return step.pick.kind == DataPick::Kind::all; });
}

std::expected<DataPath, hl7::PathError> parse_data_path(std::string_view text) { return Reader(text).run(); }

std::vector<const json::Value*> select(const json::Value& root, const DataPath& path,
                                       std::span<const Context::Row> rows, bool whole) {
  return Selection(path, rows, whole).run(root);
}

DataItems items_of(const json::Value& root, const DataPath& path, std::span<const Context::Row> rows) {
  DataItems items;
  for (const auto& step : path.steps) items.path += (&step == path.steps.data() ? "" : ".") + step.key;
  auto before = path;
  auto pick = DataPick{};
  if (!before.steps.empty()) pick = std::exchange(before.steps.back().pick, DataPick{});
  if (pick.kind == DataPick::Kind::implicit) pick.kind = DataPick::Kind::all;
  const auto found = select(root, before, rows, true);
  const auto* array = found.empty() ? nullptr : found.front()->array();
  if (array) items.indices = picked(*array, pick, items.path, rows);
  else if (!found.empty() && found.front()->object()) items.indices.push_back(0);  // one that stands for a list
  items.array = std::move(before);
  return items;
}

std::size_t size_of(const json::Value& root, const DataPath& array, std::span<const Context::Row> rows) {
  const auto found = select(root, array, rows, true);
  return found.empty() || !found.front()->array() ? 0 : found.front()->array()->size();
}

}  // namespace myelin::expr
