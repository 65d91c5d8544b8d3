// retry and on_reply: how a lane waits, and what a peer's answer means to it.
#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/expr/grammar.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;

struct ActionWord {
  std::string_view word;
  ReplyAction action;
};
constexpr std::array<ActionWord, 4> kActions = {{{"delivered", ReplyAction::delivered},
                                                 {"retry", ReplyAction::retry},
                                                 {"park", ReplyAction::park},
                                                 {"hold", ReplyAction::hold}}};

const ActionWord* find_action(std::string_view word) {
  const auto found = std::ranges::find(kActions, word, &ActionWord::word);
  return found == kActions.end() ? nullptr : &*found;
}

constexpr std::string_view kRowForm = "a row is an answer and what follows: - AE: park";

// `park`, or { retry: 10, every: 1m, then: park }.
bool read_action(const Node& node, ReplyRule& rule, config::Diagnostics& diagnostics) {
  if (node.is_map()) {
    const auto before = diagnostics.errors();
    const auto options = config::read_options(reply_retry_spec(), node, diagnostics);
    if (diagnostics.errors() != before) return false;
    rule.action = ReplyAction::retry;
    rule.retries = static_cast<int>(options.integer("retry"));
    rule.every = options.duration("every");
    rule.strictly = options.given("every");
    rule.then = find_action(options.text("then"))->action;
    return true;
  }
  const auto* action = node.is_scalar() ? find_action(node.text()) : nullptr;
  if (!action) {
    constexpr std::array<std::string_view, 4> kWords = {"delivered", "retry", "park", "hold"};
    const auto near = node.is_scalar() ? config::nearest(node.text(), kWords) : std::string_view{};
    diagnostics.add("C0121", node.place(), "an answer cannot mean this",
                    (near.empty() ? std::string() : "did you mean " + std::string(near) + "? ") +
                        "delivered | retry | park | hold | { retry: 10, every: 1m, then: park }");
    return false;
  }
  rule.action = action->action;
  return true;  // `retry` alone: as long as it is answered so
}

void read_row(const Node& row, Workshop& workshop, std::vector<ReplyRule>& rules) {
  auto& diagnostics = workshop.diagnostics;
  ReplyRule rule;
  bool good = row.is_map();
  int codes = 0;
  for (const auto& entry : row.entries()) {
    if (entry.key == "when") {
      rule.when = expr::compile_condition(entry.value, workshop.scope, diagnostics);
      good = good && rule.when;
    } else if (entry.key == "note") {
      continue;
    } else if (!is_answer_code(entry.key)) {
      diagnostics.add("C0120", entry.key_place, "a peer does not answer '" + entry.key + "'",
                      "AA, AE, AR, CA, CE, CR, or an HTTP status such as 409");
      good = false;
    } else if (++codes > 1) {
      diagnostics.add("C0120", entry.key_place, "one row has two answers", "begin a new row: - " + entry.key + ": …");
      good = false;
    } else {
      rule.code = entry.key;
      good = read_action(entry.value, rule, diagnostics) && good;
    }
  }
  if (!row.is_map() || (codes == 0 && good))
    diagnostics.add("C0120", row.place(), "this row names no answer", std::string(kRowForm));
  if (good && codes == 1) rules.push_back(std::move(rule));
}

}  // namespace

bool is_answer_code(std::string_view text) {
  constexpr std::array<std::string_view, 6> kCodes = {"AA", "AE", "AR", "CA", "CE", "CR"};
  if (std::ranges::find(kCodes, text) != kCodes.end()) return true;
  return text.size() == 3 && text.front() >= '1' && text.front() <= '5' &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<ReplyRule> read_replies(const Node& node, Workshop& workshop) {
  std::vector<ReplyRule> rules;
  if (!node) return rules;
  if (!node.is_list()) {
    workshop.diagnostics.add("C0120", node.place(), "`on_reply` is a list of rows", std::string(kRowForm));
    return rules;
  }
  // An answer is of whatever type the peer likes.
  auto grammar = std::make_shared<const expr::Grammar>(workshop.scope.version, std::vector<std::string>());
  std::swap(workshop.scope.grammar, grammar);
  for (const auto& row : node.items()) read_row(row, workshop, rules);
  std::swap(workshop.scope.grammar, grammar);
  return rules;
}

RetryPolicy read_retry(const config::Options& options) {
  return {options.duration("first"), options.duration("longest"), options.duration("least")};
}

}  // namespace myelin::routes
