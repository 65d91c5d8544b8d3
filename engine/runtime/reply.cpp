#include "engine/runtime/reply.h"

#include <algorithm>
#include <utility>

#include "engine/base/counted.h"
#include "engine/runtime/retry.h"
#include "engine/store/store.h"

namespace myelin::runtime {
namespace {

constexpr int kTransientRefusals = 3;  // CE, AR, CR: so many retries within a minute, then as AE
constexpr int kGarbageInARow = 3;
constexpr Duration kLongestWish = hours(1);  // of Retry-After: a peer cannot stop a lane for a year

// The defaults, as rows of the same shape that `on_reply` has. In a keyed lane a refused message holds its keys: the
// same patient's next must not pass it.
const ReplyRule& default_rule(std::string_view code, OrderKind order) {
  static const ReplyRule park{"", nullptr, ReplyAction::park, 0, {}, ReplyAction::park};
  static const ReplyRule few{"", nullptr, ReplyAction::retry, kTransientRefusals, seconds(20), ReplyAction::park};
  static const ReplyRule always{"", nullptr, ReplyAction::retry, 0, {}, ReplyAction::retry};
  static const ReplyRule hold{"", nullptr, ReplyAction::hold, 0, {}, ReplyAction::hold};
  static const ReplyRule few_hold{"", nullptr, ReplyAction::retry, kTransientRefusals, seconds(20), ReplyAction::hold};
  const bool keyed = order == OrderKind::keyed;
  if (code == "CE" || code == "AR" || code == "CR") return keyed ? few_hold : few;
  if (code == "AE") return keyed ? hold : park;
  return asks_to_come_again(code) ? always : park;
}

const ReplyRule* written_rule(const Outcome& outcome, const LanePolicy& policy) {
  for (const auto& rule : policy.on_reply) {
    if (rule.code != outcome.code) continue;
    if (!rule.when) return &rule;
    const auto read = Body::read(outcome.response, {});
    const auto body = read ? *read : Body(outcome.response);
    if (rule.when->holds(body, Context{})) return &rule;
  }
  return nullptr;
}

Next settle_as(ReplyAction action, const Outcome& outcome) {
  const auto to = action == ReplyAction::delivered ? State::delivered
                  : action == ReplyAction::hold    ? State::held
                                                   : State::parked;
  return Next{to, {}, false, action == ReplyAction::delivered ? std::nullopt : outcome.fault};
}

// Retry-After wins over our own pauses, but not over an `every` that the analyst wrote.
Duration pause_of(const ReplyRule& rule, const Outcome& outcome, const LanePolicy& policy, int refusals, double draw) {
  if (outcome.retry_after && !rule.strictly)
    return std::clamp(*outcome.retry_after, policy.retry.least, std::max(policy.retry.least, kLongestWish));
  return rule.retries == 0 ? pause_before_retry(policy.retry, refusals, draw) : rule.every;
}

Next answered_no(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw) {
  if (outcome.fault && outcome.fault->code == FaultCode::out_of_sequence)
    return Next{State::held, {}, false, outcome.fault, true};  // the next message would fare no better
  const auto* written = written_rule(outcome, policy);
  const auto& rule = written ? *written : default_rule(outcome.code, policy.order);
  if (rule.action == ReplyAction::retry) {
    const bool endless = rule.retries == 0;
    if (endless || memory.refusals < rule.retries) {
      const auto pause = pause_of(rule, outcome, policy, memory.refusals, draw);
      ++memory.refusals;
      return Next{State::queued, pause, false, outcome.fault, endless && asks_to_come_again(outcome.code)};
    }
  }
  const auto action = rule.action == ReplyAction::retry ? rule.then : rule.action;
  if (action == ReplyAction::delivered) return settle_as(action, outcome);
  // What the analyst wrote is obeyed to the letter; only the default notices that a peer refuses everything.
  ++memory.refused_in_a_row;
  if (written || memory.refused_in_a_row < policy.refused_in_a_row) return settle_as(action, outcome);
  Fault fault{
      FaultCode::refused_in_a_row, counted(memory.refused_in_a_row, "message") + " in a row were refused", {}, {}};
  if (outcome.fault) fault.detail += "; the last with " + to_string(*outcome.fault);
  return Next{State::held, {}, false, std::move(fault), true};
}

// The peer said yes, and the analyst reads a no in it.
Next disliked(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw) {
  auto no = outcome;
  no.fault = Fault{FaultCode::parked_by_step, "`on_reply` says so of an answer " + outcome.code, {}, {}};
  memory.failures = memory.in_doubt = memory.garbage_in_a_row = 0;
  auto next = answered_no(no, policy, memory, draw);
  if (next.to != State::queued) memory.refusals = 0;
  return next;
}

Next no_usable_answer(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw) {
  const bool garbage = outcome.fault && outcome.fault->code == FaultCode::garbage_answer;
  memory.garbage_in_a_row = garbage ? memory.garbage_in_a_row + 1 : 0;
  ++memory.in_doubt;
  if (memory.garbage_in_a_row >= kGarbageInARow) return Next{State::held, {}, true, outcome.fault, true};
  if (memory.in_doubt >= policy.in_doubt && memory.peer_answers_others) {
    Fault fault{FaultCode::in_doubt, counted(memory.in_doubt, "attempt") + " had no usable answer", {}, {}};
    return Next{State::parked, {}, true, std::move(fault)};
  }
  const auto pause = pause_before_retry(policy.retry, memory.failures++, draw);
  return Next{State::queued, pause, true, outcome.fault, true};
}

Next follow(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw, bool relayed) {
  switch (outcome.kind) {
    case Outcome::Kind::accepted: {
      const auto* rule = written_rule(outcome, policy);
      if (rule && rule->action != ReplyAction::delivered) return disliked(outcome, policy, memory, draw);
      memory = LaneMemory{};
      return Next{State::delivered, {}, false, std::nullopt, false, rule != nullptr};
    }
    case Outcome::Kind::refused: {
      if (relayed && !written_rule(outcome, policy)) {
        memory = LaneMemory{};
        return Next{State::delivered, {}, false, std::nullopt};
      }
      memory.failures = memory.in_doubt = memory.garbage_in_a_row = 0;
      auto next = answered_no(outcome, policy, memory, draw);
      if (next.to != State::queued) memory.refusals = 0;
      return next;
    }
    case Outcome::Kind::unknown: {
      auto next = no_usable_answer(outcome, policy, memory, draw);
      if (next.to != State::queued) memory.in_doubt = memory.failures = 0;
      return next;
    }
    case Outcome::Kind::unreachable:
      return Next{State::queued, pause_before_retry(policy.retry, memory.failures++, draw), false, outcome.fault, true};
  }
  std::unreachable();
}

}  // namespace

Next judge(const Outcome& outcome, const LanePolicy& policy, LaneMemory& memory, double draw, bool relayed) {
  auto next = follow(outcome, policy, memory, draw, relayed);
  if (next.to != State::delivered && !outcome.response.empty())
    next.answer = Bytes(std::string(outcome.response.view().substr(0, kMostOfAnswer)));
  return next;
}

}  // namespace myelin::runtime
