// Writing by paths into JSON: what is missing on the way is made, what is ambiguous is refused.
#include <algorithm>
#include <ranges>
#include <utility>

#include "engine/base/counted.h"
#include "routes/expr/data_path.h"

namespace myelin::expr {
namespace {

using Kind = DataPick::Kind;

std::string joined(const std::string& names, const std::string& key) { return names.empty() ? key : names + "." + key; }

std::unexpected<Fault> refuse(std::string detail, const std::string& at) {
  return std::unexpected(Fault{FaultCode::cannot_write, std::move(detail), at, {}});
}

json::Value* member(json::Value& value, std::string_view key) {
  const auto found = std::ranges::find(*value.object(), key, &json::Member::key);
  return found == value.object()->end() ? nullptr : &found->value;
}

class Writing {
 public:
  Writing(const DataPath& path, std::span<const Context::Row> rows, bool make)
      : path_(path), rows_(rows), make_(make) {}

  Result<std::vector<json::Value*>> run(json::Value& root) {
    if (auto done = follow(root, 0, {}); !done) return fail(done);
    return std::move(found_);
  }

 private:
  Result<void> follow(json::Value& value, std::size_t at, const std::string& names) {
    if (at == path_.steps.size()) {
      found_.push_back(&value);
      return {};
    }
    const auto& step = path_.steps[at];
    const auto path = at == 0 ? step.key : joined(names, step.key);
    if (step.key.empty()) return into(value, at, path);
    if (value.is_null() && make_) value = json::Object{};
    if (!value.object()) {
      if (!make_) return {};
      return refuse(
          value.array() ? "a list stands here; say which of it: [1] or [*]" : "a value stands here, no object", names);
    }
    auto* inner = member(value, step.key);
    if (!inner) {
      if (!make_ || (step.pick.kind != Kind::implicit && step.pick.kind != Kind::number)) return {};
      value.set(step.key, step.pick.kind == Kind::number ? json::Value(json::Array{}) : json::Value());
      inner = member(value, step.key);
    }
    return into(*inner, at, path);
  }

  // From a value to what the pick means of it.
  Result<void> into(json::Value& inner, std::size_t at, const std::string& path) {
    const auto& pick = path_.steps[at].pick;
    auto* items = inner.array();
    if (!items) {
      const bool one = pick.kind == Kind::implicit || pick.kind == Kind::all || pick.number == 1;
      return one ? follow(inner, at + 1, path) : Result<void>();
    }
    if (pick.kind == Kind::implicit) {
      const auto current = std::ranges::find(rows_.rbegin(), rows_.rend(), path, &Context::Row::path);
      if (current != rows_.rend())
        return current->index < items->size() ? follow((*items)[current->index], at + 1, path) : Result<void>();
      if (at + 1 == path_.steps.size()) return follow(inner, at + 1, path);
      return make_ ? refuse("a list stands here; say which of it: [1] or [*]", path) : Result<void>();
    }
    if (pick.kind == Kind::number && make_ && pick.number == items->size() + 1) items->emplace_back();
    if (pick.kind == Kind::number && make_ && pick.number > items->size())
      return refuse("the list has only " + counted(items->size(), "item"), path);
    for (const auto index : picked(*items, pick, path, rows_)) {
      if (auto done = follow((*items)[index], at + 1, path); !done) return done;
      if (pick.kind == Kind::where) break;
    }
    return {};
  }

  const DataPath& path_;
  std::span<const Context::Row> rows_;
  bool make_;
  std::vector<json::Value*> found_;
};

}  // namespace

Result<std::vector<json::Value*>> select_to_write(json::Value& root, const DataPath& path,
                                                  std::span<const Context::Row> rows, bool make) {
  return Writing(path, rows, make).run(root);
}

void erase(json::Value& root, const DataPath& path, std::span<const Context::Row> rows) {
  if (path.steps.empty() || path.steps.back().key.empty()) return;  // a body cannot do without itself
  auto around = path;
  const auto last = std::move(around.steps.back());
  around.steps.pop_back();
  const auto is_current = [&](const std::string& names) {
    return std::ranges::find(rows, names, &Context::Row::path) != rows.end();
  };
  std::string names;
  // All that match: a name that stands for a list means each of it, but where it is the current one of `each`.
  for (auto& step : around.steps) {
    names = joined(names, step.key);
    if (step.pick.kind == Kind::implicit && !is_current(names)) step.pick.kind = Kind::all;
  }
  names = joined(names, last.key);
  const auto parents = Writing(around, rows, false).run(root);
  if (!parents) return;
  for (auto* parent : *parents) {
    auto* object = parent->object();
    auto* inner = object ? member(*parent, last.key) : nullptr;
    if (!inner) continue;
    auto* items = inner->array();
    if (!items || (last.pick.kind == Kind::implicit && !is_current(names))) {
      if (last.pick.kind == Kind::implicit || last.pick.kind == Kind::all || last.pick.number == 1)
        std::erase_if(*object, [&](const json::Member& each) { return each.key == last.key; });
      continue;
    }
    const auto gone = picked(*items, last.pick, names, rows);
    for (const auto index : std::views::reverse(gone))
      items->erase(items->begin() + static_cast<std::ptrdiff_t>(index));
  }
}

}  // namespace myelin::expr
