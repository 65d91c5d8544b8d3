// build: begins a new HL7 message in the place of the one at hand. Its MSH says the same sender, receiver, charset and
// version, the time of receipt and an id of its own; segments may be copied; `insert` and `set` below it make the rest.
// $original stays the message as it came.
#include "routes/expr/functions.h"
#include "routes/expr/grammar.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

struct Blueprint {
  std::string type, event, structure;
  std::vector<NamedPath> copied;
  std::string version;
  std::string place;  // makes the id of this step's message different from another's
};

class BuildStep final : public StepBase {
 public:
  BuildStep(StepHead head, Blueprint blueprint) : StepBase(std::move(head)), blueprint_(std::move(blueprint)) {}

  Verdict apply(Body& body, Context& context) const override {
    auto* tree = body.hl7();
    if (!tree) return begin(body, context);
    auto fresh = hl7::Tree::parse(Bytes(header(*tree, context) + copies(*tree, context)));
    if (!fresh) return verdict_of(std::move(fresh.error()));
    *tree = std::move(*fresh);
    return {};
  }

 private:
  // Of what is no HL7 nothing is taken into the header; it is $original from here on.
  Verdict begin(Body& body, Context& context) const {
    auto none = hl7::Tree::parse(Bytes("MSH|^~\\&|||||||||P|" + blueprint_.version + "\r"));
    if (!none) return verdict_of(std::move(none.error()));
    auto fresh = hl7::Tree::parse(Bytes(header(*none, context)));
    if (!fresh) return verdict_of(std::move(fresh.error()));
    context.kept = std::make_shared<const Body>(std::move(body));
    context.original = context.kept.get();
    body = Body(std::move(*fresh));
    return {};
  }

  std::string header(const hl7::Tree& tree, const Context& context) const {
    const auto& marks = tree.delimiters();
    const auto field = [&](std::uint16_t number) { return marks.field + std::string(tree.raw({0, number})); };
    std::string type = blueprint_.type;
    for (const auto& part : {blueprint_.event, blueprint_.structure})
      if (!part.empty()) type += marks.component + part;
    std::string text = "MSH" + field(2);
    for (std::uint16_t same = 3; same <= 6; ++same) text += field(same);
    std::string time, id;
    if (context.message) {
      auto received = expr::Timestamp::of(context.message->received_at);
      received.precision = expr::Timestamp::Precision::second;
      time = received.hl7();
    }
    id = expr::short_id(context.message, blueprint_.place);
    text += marks.field + time + marks.field + marks.field + type + marks.field + id + field(11) + field(12);
    if (const auto charset = tree.raw({0, 18}); !charset.empty()) text.append(6, marks.field).append(charset);
    return text + '\r';
  }

  std::string copies(const hl7::Tree& tree, const Context& context) const {
    std::string text;
    for (const auto& path : blueprint_.copied)
      for (const auto& spot : places(tree, path, context)) text.append(tree.segment_text(spot.segment)).append("\r");
    return text;
  }

  Blueprint blueprint_;
};

constexpr std::string_view kForm = "build: ADT^A08, or build: { type: ADT^A08, copy: [EVN, PID, PV1] }";

bool read_type(const config::Node& node, Blueprint& blueprint, Workshop& workshop) {
  const auto text = node.is_scalar() ? std::string_view(node.text()) : std::string_view();
  const auto caret = text.find('^');
  const auto is_word = [](std::string_view word) {
    return word.size() == 3 && word.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == word.npos;
  };
  blueprint.type = text.substr(0, caret);
  if (caret != text.npos) blueprint.event = text.substr(caret + 1);
  if (is_word(blueprint.type) && (caret == text.npos || is_word(blueprint.event))) return true;
  workshop.diagnostics.add("C0119", node.place(), "this is no message type", std::string(kForm));
  return false;
}

bool read_copies(const config::Node& node, Blueprint& blueprint, Workshop& workshop) {
  blueprint.copied = read_paths(node, workshop);
  for (auto& path : blueprint.copied) {
    auto& segment = path.path;
    if (segment.field != 0 || segment.segment == "MSH") {
      workshop.diagnostics.add("C0112", path.place, "`copy` takes whole segments, and MSH is made anew",
                               std::string(kForm));
      return false;
    }
    if (segment.segment_pick.kind == hl7::Pick::Kind::implicit) segment.segment_pick.kind = hl7::Pick::Kind::all;
  }
  return true;
}

}  // namespace

std::shared_ptr<const Step> build_build(StepItem item, Workshop& workshop) {
  auto& scope = workshop.scope;
  if (!scope.around.empty() || workshop.rows > 0) {
    workshop.diagnostics.add("C0112", item.key_place, "`build` does not stand inside `each`",
                             "one route sends one message; take what is needed with $original");
    return nullptr;
  }
  Blueprint blueprint;
  blueprint.place = item.head.place;
  blueprint.version = scope.version.empty() ? "2.5.1" : scope.version;
  const auto* type = item.value.is_map() ? item.value.find("type") : &item.value;
  bool good = true;
  for (const auto& entry : item.value.entries()) {
    if (entry.key == "copy") good = read_copies(entry.value, blueprint, workshop) && good;
    if (entry.key == "type" || entry.key == "copy") continue;
    workshop.diagnostics.add("C0001", entry.key_place, "`build` has no '" + entry.key + "'", std::string(kForm));
    good = false;
  }
  if (!type) workshop.diagnostics.add("C0112", item.value.place(), "`build` needs a message type", std::string(kForm));
  if (!type || !read_type(*type, blueprint, workshop)) return nullptr;
  if (scope.grammar) {
    blueprint.structure = scope.grammar->dictionary()->structure_name(blueprint.type, blueprint.event);
    if (!scope.original) scope.original = scope.grammar;
    scope.grammar = std::make_shared<const expr::Grammar>(
        scope.version, std::vector{blueprint.event.empty() ? blueprint.type : blueprint.type + "^" + blueprint.event});
  }
  if (scope.body != BodyKind::hl7) {
    scope.original_body = scope.body;
    scope.original.reset();
    scope.body = BodyKind::hl7;
    if (!blueprint.copied.empty()) {
      workshop.diagnostics.add("C0112", item.key_place, "`copy` takes segments, and there are none to take",
                               "insert: { PID: { PID-5.1: =$original.name } }");
      return nullptr;
    }
  }
  if (!good) return nullptr;
  return std::make_shared<BuildStep>(std::move(item.head), std::move(blueprint));
}

}  // namespace myelin::routes
