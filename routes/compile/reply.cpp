// `reply:` of a channel: what its sender is answered with. `from` names the route whose peer answers; without it the
// answer is ours, and `steps` shape it.
#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/expr/grammar.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Options;

// What only has a meaning where a peer answers.
void check_without_peer(const Options& options, Diagnostics& diagnostics) {
  for (const auto* key : {"within", "otherwise", "then"})
    if (options.given(key))
      diagnostics.add("C0170", options.place(key),
                      std::string("`") + key + "` is about a peer's answer, and no `from` says whose",
                      "from: NAME of the route whose peer answers");
  if (!options.given("steps") && !options.given("filtered"))
    diagnostics.add("C0170", options.place(), "this reply says nothing",
                    "reply: { from: ROUTE, within: 15s, otherwise: AE, then: discard }, or `steps`, or `filtered`");
}

void check_peer(const Options& options, const RoutesPart& routes, Diagnostics& diagnostics) {
  const auto& from = options.text("from");
  if (!options.given("then"))
    diagnostics.add("C0171", options.place("from"), "what becomes of the message when its sender was told no?",
                    "then: discard, where the sender asks again; then: deliver, where the message goes on");
  const auto route = std::ranges::find(routes.routes, from, &Route::name);
  if (route == routes.routes.end()) {
    const std::vector<std::string_view> legal(routes.names.begin(), routes.names.end());
    if (std::ranges::find(legal, from) != legal.end())
      diagnostics.add("C0170", options.place("from"),
                      "route " + from + " has several recipients, and each would answer",
                      "a route of its own for the peer whose answer goes back");
    else
      diagnostics.add("C0143", options.place("from"), "the channel has no route '" + from + "'",
                      suggestion(from, legal, "it has"));
    return;
  }
  if (route->split)
    diagnostics.add("C0170", options.place("from"), "route " + from + " splits, and each part would be answered",
                    "a route of its own, without `split`, for the peer whose answer goes back");
  if (route->collect)
    diagnostics.add("C0170", options.place("from"), "route " + from + " collects, and a batch is answered as one",
                    "a route of its own, without `collect`, for the peer whose answer goes back");
  const auto within = options.duration("within");
  if (route->lane.delay >= within && within > Duration::zero())
    diagnostics.add("C0170", options.place("within"),
                    "route " + from + " rests longer than the sender waits, so its peer never answers in time",
                    "`within` above the route's `delay`, or no `delay`");
}

}  // namespace

const config::Spec& reply_spec() {
  using config::Type;
  static const config::Spec kSpec{
      .name = "reply",
      .doc = "what the sender is answered with: a peer's own answer (`from`), or ours",
      .options =
          {
              {.name = "from",
               .type = Type::name,
               .fallback = {},
               .required = false,
               .doc =
                   "the route whose peer answers: the message is stored, and the sender hears what the peer says, with "
                   "its own id in MSA-2, in its delimiters and character set",
               .example = "pharmacy"},
              {.name = "within",
               .type = Type::duration,
               .fallback = "15s",
               .required = false,
               .doc = "with `from`: how long the sender waits; keep it below the sender's own limit",
               .example = "15s",
               .least = 1,
               .most = 600'000},
              {.name = "otherwise",
               .type = Type::choice,
               .fallback = "AE",
               .required = false,
               .doc = "with `from`: what it is told when that time has passed, or at once when the message is parked, "
                      "held, "
                      "filtered or discarded",
               .example = "AR",
               .choices = {"AE", "AR", "AA"}},
              {.name = "then",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc = "with `from`, and needed there: what becomes of the message after `otherwise`, and after a "
                      "restart in "
                      "between: deliver, it goes on; discard, it is not sent any more",
               .example = "discard",
               .choices = {"deliver", "discard"}},
              {.name = "filtered",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc = "what the sender is told when no route wants the message; AA when not said, with `from` as "
                      "`otherwise`",
               .example = "AR",
               .choices = {"AA", "AE", "AR"}},
              {.name = "steps",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "steps on the answer before it goes back; $original is the message that it answers",
               .example = "[ { set: { MSH-3: MYELIN } } ]"},
          },
      .example = "from: pharmacy\nwithin: 15s\notherwise: AE\nthen: discard",
  };
  return kSpec;
}

std::optional<ReplyPolicy> read_reply(const Options& options, const RoutesPart& routes, BodyKind body,
                                      Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  ReplyPolicy policy;
  policy.from = options.text("from");
  policy.within = options.duration("within");
  policy.otherwise = options.text("otherwise");
  policy.goes_on = options.text("then") == "deliver";
  policy.filtered = options.text("filtered");
  if (options.given("from")) check_peer(options, routes, diagnostics);
  else check_without_peer(options, diagnostics);
  if (const auto& steps = options.node("steps")) {
    // An answer is of whatever type the peer likes.
    std::vector<std::string> types;
    const auto lets = workshop.scope.lets;
    const auto shape = workshop.shape();
    workshop.scope.original = std::make_shared<const expr::Grammar>(workshop.scope.version, workshop.types);
    workshop.scope.grammar = std::make_shared<const expr::Grammar>(workshop.scope.version, types);
    workshop.scope.body = workshop.scope.original_body = body;
    workshop.rendered = false;
    std::swap(workshop.types, types);
    workshop.stand = Stand::channel;
    policy.steps = compile_steps(steps, workshop);
    std::swap(workshop.types, types);
    workshop.restore(shape);
    workshop.scope.lets = lets;
  }
  return policy;
}

}  // namespace myelin::routes
