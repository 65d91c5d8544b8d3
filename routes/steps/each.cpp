// A group is where its first segment is.
#include "routes/steps/each.h"

#include <algorithm>
#include <expected>

#include "engine/hl7/select_groups.h"
#include "routes/expr/data_path.h"
#include "routes/expr/grammar.h"

namespace myelin::routes {
namespace {

// ORDER, PATIENT_RESULT[1]/ORDER_OBSERVATION: a path that ends at a group. Nothing when the last name is a segment's.
std::optional<NamedPath> read_group(const config::Node& node, Workshop& workshop) {
  if (!node.is_scalar()) return std::nullopt;
  const auto& text = node.text();
  const auto last = std::string_view(text).substr(text.rfind('/') == std::string::npos ? 0 : text.rfind('/') + 1);
  const auto name = last.substr(0, last.find('['));
  const auto* grammar = workshop.scope.grammar.get();
  const bool group = name.size() > 3 ? name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name.npos
                                     : grammar && grammar->is_group(name);
  // A path ends at a segment, so it is given one, which is taken off again.
  auto path = group ? hl7::parse_path_with_groups(text + "/MSH") : std::unexpected(hl7::PathError{});
  if (!path) return std::nullopt;
  if (grammar)
    if (const auto finding = grammar->check(*path)) {
      workshop.diagnostics.add(finding->code, node.place(), finding->message, finding->hint);
      return std::nullopt;
    }
  path->segment.clear();
  return NamedPath{std::move(*path), text, node.place(), grammar ? grammar->dictionary() : nullptr};
}

std::optional<NamedPath> read_each(const config::Node& node, Workshop& workshop) {
  const auto mistakes = workshop.diagnostics.all().size();
  auto path = read_group(node, workshop);
  if (!path && workshop.diagnostics.all().size() == mistakes) path = read_path(node, workshop);
  if (path && path->path.field != 0) {
    workshop.diagnostics.add("C0112", node.place(), "`each` runs over segments; " + path->text + " is a field",
                             "name the segment, for example " + path->path.segment);
    return std::nullopt;
  }
  if (!path) return path;
  if (path->path.segment_pick.kind == hl7::Pick::Kind::implicit) path->path.segment_pick.kind = hl7::Pick::Kind::all;
  for (auto& group : path->path.groups)
    if (group.pick.kind == hl7::Pick::Kind::implicit) group.pick.kind = hl7::Pick::Kind::all;
  return path;
}

constexpr std::string_view kOriginal = "$original";

class DataEach final : public Each {
 public:
  DataEach(expr::DataPath path, bool original) : path_(std::move(path)), original_(original) {}
  void enter(Workshop& workshop) const override { ++workshop.rows; }
  void leave(Workshop& workshop) const override { --workshop.rows; }

  void run(const Body& body, Context& context, const std::function<bool()>& visit) const override {
    const auto* from = original_ ? context.original : &body;
    if (!from || !from->json()) return;
    const auto items = expr::items_of(*from->json(), path_, context.rows);
    const auto size = [&] { return from->json() ? expr::size_of(*from->json(), items.array, context.rows) : 0; };
    const auto before = size();
    for (const auto index : items.indices) {
      const auto gone = before - std::min(before, size());  // taken out by the visits so far
      if (gone > index) continue;
      context.rows.push_back({items.path, index - gone});
      const bool more = visit();
      context.rows.pop_back();
      if (!more) break;
    }
  }

 private:
  expr::DataPath path_;
  bool original_;
};

// Nothing when the node names no place in JSON; reported only when it is meant to.
std::shared_ptr<const Each> read_data(const config::Node& node, Workshop& workshop) {
  auto text = node.is_scalar() ? std::string_view(node.text()) : std::string_view();
  const bool original = text.starts_with(kOriginal);
  if (original) text.remove_prefix(kOriginal.size());
  else if (text.starts_with("$body")) text.remove_prefix(5);
  if (text.empty()) return std::make_shared<const DataEach>(expr::DataPath{{expr::DataStep{}}}, original);
  auto path = expr::parse_data_path(text);
  if (path) return std::make_shared<const DataEach>(std::move(*path), original);
  workshop.diagnostics.add("C0010", node.place(), path.error().message, path.error().hint);
  return nullptr;
}

}  // namespace

void SegmentEach::run(const Body& body, Context& context, const std::function<bool()>& visit) const {
  struct Current {
    std::size_t from_end;
    std::string name;
  };
  if (!body.hl7()) return;
  const auto& tree = *body.hl7();
  std::vector<Current> snapshot;
  for (const auto segment : currents(tree, context))
    snapshot.push_back({tree.segment_count() - segment, std::string(tree.segment_name(segment))});
  const auto outer = context.scope;
  for (const auto& current : snapshot) {
    if (current.from_end > tree.segment_count()) continue;
    context.scope = static_cast<std::uint32_t>(tree.segment_count() - current.from_end);
    if (tree.segment_name(context.scope) != current.name) continue;
    if (!visit()) break;
  }
  context.scope = outer;
}

std::vector<std::uint32_t> SegmentEach::currents(const hl7::Tree& tree, const Context& context) const {
  std::vector<std::uint32_t> segments;
  if (!path_.path.segment.empty()) {
    for (const auto& spot : places(tree, path_, context)) segments.push_back(spot.segment);
    return segments;
  }
  const auto* groups = expr::groups_of(tree, path_.dictionary, context);
  if (!groups) return segments;
  for (const auto group : hl7::select_groups(tree, *groups, path_.path, context.scope))
    segments.push_back(groups->groups()[group].begin);
  return segments;
}

std::shared_ptr<const SegmentEach> SegmentEach::read(const config::Node& node, Workshop& workshop) {
  auto path = read_each(node, workshop);
  return path ? std::make_shared<const SegmentEach>(std::move(*path)) : nullptr;
}

std::shared_ptr<const Each> Each::read(const config::Node& node, Workshop& workshop) {
  const auto& scope = workshop.scope;
  const bool original = node.is_scalar() && node.text().starts_with(kOriginal);
  const auto body = original ? scope.original_body : scope.body;
  if (body == BodyKind::json) return read_data(node, workshop);
  if (body != BodyKind::hl7) {
    workshop.diagnostics.add(
        "C0138", node.place(),
        "`each` runs over segments or over JSON, and the body is " + std::string(myelin::name_of(body)),
        "`decode` makes HL7 or JSON of it");
    return nullptr;
  }
  return SegmentEach::read(node, workshop);
}

}  // namespace myelin::routes
