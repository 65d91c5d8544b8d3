// call: asks a connection while a message is worked on, and names what its answer says. The one step that is not pure,
// and pure in itself: it says what it wants to know, the lane asks and runs the steps again with the answer. Without a
// good answer in time, `otherwise` says what follows; a wrong guess is never made.
#include "routes/expr/filling.h"
#include "routes/expr/grammar.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kCallSpec{
    .name = "call",
    .doc = "asks a connection and names what it answers",
    .options =
        {
            {.name = "to",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "the connection that is asked: a name, or one kind with its options",
             .example = "mpi"},
            {.name = "send",
             .type = Type::any,
             .fallback = {},
             .required = false,
             .doc = "what it is asked, a value; the message as it is here when not said",
             .example = "\"{{ PID-3.1 }}\""},
            {.name = "answer",
             .type = Type::choice,
             .fallback = "json",
             .required = false,
             .doc = "what it answers; that decides what places in `take` are",
             .example = "hl7",
             .choices = {"json", "hl7", "xml", "bytes"}},
            {.name = "take",
             .type = Type::any,
             .fallback = {},
             .required = true,
             .doc = "names for what the answer says, as `let` gives them; a place is one in the answer, $original. the "
                    "message",
             .example = "{ insurer: =coverage[1].payer }"},
            {.name = "otherwise",
             .type = Type::choice,
             .fallback = {},
             .required = true,
             .doc = "what follows without a good answer in time; continue: the names are empty",
             .example = "park",
             .choices = {"park", "hold", "fault", "continue"}},
            {.name = "within",
             .type = Type::duration,
             .fallback = "5s",
             .required = false,
             .doc = "how long it is waited for",
             .example = "2s"},
            {.name = "cache",
             .type = Type::duration,
             .fallback = "0s",
             .required = false,
             .doc = "how long an answer stands for the same question",
             .example = "10m"},
        },
    .example = "- call: { to: mpi, take: { policy: =patient.policy }, otherwise: park }",
};

namespace {

enum class Otherwise : std::uint8_t { park, hold, fault, proceed };

struct Taken {
  std::string name;
  std::shared_ptr<const expr::TextSource> value;
};

struct Asking {
  std::size_t call = 0;
  std::string connection;
  std::map<std::string, std::shared_ptr<const Filling>, std::less<>> fillings;
  std::shared_ptr<const expr::TextSource> send;  // null: the message
  BodyKind answer = BodyKind::json;
  std::vector<Taken> take;
  Otherwise otherwise = Otherwise::park;
};

class CallStep final : public StepBase {
 public:
  CallStep(StepHead head, Asking asking) : StepBase(std::move(head)), asking_(std::move(asking)) {}

  Verdict apply(Body& body, Context& context) const override {
    if (!context.answers) return without({FaultCode::no_answer, "nobody can be asked here", {}, {}}, context);
    const auto found = context.answers->find(asking_.call);
    if (found == context.answers->end()) return ask(body, context);
    const auto& outcome = found->second;
    if (outcome.kind != Outcome::Kind::accepted)
      return without(outcome.fault.value_or(Fault{FaultCode::no_answer, {}, {}, {}}), context);
    const auto answer = Body::read(asking_.answer, outcome.response, {});
    if (!answer) return without(answer.error(), context);
    for (const auto& taken : asking_.take) context.lets[taken.name] = taken.value->text(*answer, context);
    return {};
  }

 private:
  Verdict ask(const Body& body, const Context& context) const {
    Verdict verdict;
    verdict.kind = Verdict::Kind::ask;
    auto& question = verdict.question.emplace();
    question.call = asking_.call;
    question.bytes = asking_.send ? Bytes(asking_.send->text(body, context)) : body.bytes();
    for (const auto& [name, filling] : asking_.fillings) {
      auto text = filling->text(body, context);
      if (!text) return verdict_of(std::move(text.error()));
      question.filled.emplace(name, std::move(*text));
    }
    return verdict;
  }

  // What the peer said is never repeated: only which kind of fault it is.
  Verdict without(const Fault& why, Context& context) const {
    const auto reason = "no answer of " + asking_.connection + ": " + std::string(entry(why.code).name);
    switch (asking_.otherwise) {
      case Otherwise::park:
        return {Verdict::Kind::park, reason, Fault{FaultCode::parked_by_step, reason, {}, {}}};
      case Otherwise::hold:
        return {Verdict::Kind::hold, reason, Fault{FaultCode::held_by_step, reason, {}, {}}};
      case Otherwise::fault:
        return fault_of(why.code, reason);
      case Otherwise::proceed:
        for (const auto& taken : asking_.take) context.lets[taken.name].clear();
        return {};
    }
    return {};
  }

  Asking asking_;
};

bool read_take(const config::Node& node, Asking& asking, Workshop& workshop) {
  if (!node.is_map() || node.entries().empty()) {
    workshop.diagnostics.add("C0112", node.place(), "`take` is a map of names and values of the answer",
                             "take: { insurer: =coverage[1].payer }");
    return false;
  }
  auto scope = workshop.scope;
  scope.body = asking.answer;
  if (!scope.original) scope.original = scope.grammar;
  scope.grammar = std::make_shared<const expr::Grammar>(scope.version, std::vector<std::string>());
  bool good = true;
  for (const auto& entry : node.entries()) {
    if (!is_let_name(entry.key)) {
      workshop.diagnostics.add("C0112", entry.key_place, "'" + entry.key + "' cannot be a name",
                               "small letters, digits and _, a letter first; not the name of a function");
      good = false;
      continue;
    }
    auto value = expr::compile_value(entry.value, expr::Target::text, scope, workshop.diagnostics);
    workshop.scope.lets.insert(entry.key);
    if (value) asking.take.push_back({entry.key, std::move(value)});
    else good = false;
  }
  return good;
}

}  // namespace

std::shared_ptr<const Step> build_call(StepItem item, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  const auto before = diagnostics.errors();
  const auto options = config::read_options(kCallSpec, item.value, diagnostics);
  Asking asking;
  asking.answer = parse_body_kind(options.text("answer")).value_or(BodyKind::json);
  if (options.node("take")) read_take(options.node("take"), asking, workshop);
  if (const auto& send = options.node("send"))
    asking.send = expr::compile_value(send, expr::Target::text, workshop.scope, diagnostics);
  const auto& choices = kCallSpec.find("otherwise")->choices;
  for (std::size_t at = 0; at < choices.size(); ++at)
    if (choices[at] == options.text("otherwise")) asking.otherwise = static_cast<Otherwise>(at);
  auto target = options.node("to") && workshop.find_call ? workshop.find_call(options.node("to")) : std::nullopt;
  if (target) {
    for (const auto& text : target->templates)
      if (auto filling = expr::compile_filling(text, workshop.scope, diagnostics))
        asking.fillings.emplace(text.name, std::move(filling));
    asking.connection = target->call.connection;
    asking.call = workshop.calls.size();
    target->call.within = options.duration("within");
    target->call.cache = options.duration("cache");
    workshop.calls.push_back(std::move(target->call));
  }
  if (diagnostics.errors() != before || !target) return nullptr;
  return std::make_shared<CallStep>(std::move(item.head), std::move(asking));
}

}  // namespace myelin::routes
