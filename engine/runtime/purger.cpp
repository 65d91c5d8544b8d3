#include "engine/runtime/purger.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"

namespace myelin::runtime {
namespace {

constexpr std::ptrdiff_t kLookedAtAgain = 1000;  // ids of one step
constexpr auto kDay = hours(24);

}  // namespace

std::map<Purger::GroupKey, Purger::Group> Purger::groups_of(const RetentionRules& rules) {
  std::map<GroupKey, Group> groups;
  const auto add = [&](const Retention& retain, const std::string* channel) {
    const int longer = std::max(retain.days, retain.parked);
    const auto join = [&](GroupKey key) {
      auto& group = groups[key];
      if (channel) group.channels.push_back(*channel);
      else group.of_others = true;
    };
    if (retain.days > 0) join({retain.days, longer > retain.days});
    if (longer > retain.days && retain.days > 0) join({longer, false});
  };
  for (const auto& [name, retain] : rules.channels) add(retain, &name);
  add(rules.fallback, nullptr);
  // "All but these": but those that say something else.
  for (auto& [key, group] : groups) {
    if (!group.of_others) continue;
    const auto own = std::exchange(group.channels, {});
    for (const auto& [name, retain] : rules.channels)
      if (std::ranges::find(own, name) == own.end()) group.channels.push_back(name);
  }
  return groups;
}

Task<void> Purger::run(std::stop_token stop) {
  Wakeup pause(loop_);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  while (!stop.stop_requested()) {
    co_await pause.wait_for(kBetweenPasses);
    if (stop.stop_requested()) co_return;
    const auto before = view_;
    const auto passed = co_await pass(stop);
    view_.fault = passed ? std::string() : to_string(passed.error());
    const auto gone = view_.messages - before.messages + view_.incidents - before.incidents;
    if (gone > 0) emit(EventKind::messages_purged, {{Label::count, gone}, {Label::bytes, view_.bytes - before.bytes}});
  }
}

Task<Result<void>> Purger::pass(std::stop_token stop) {
  if (coming_) {
    rules_ = std::move(*coming_);
    coming_.reset();
    groups_ = groups_of(rules_);  // from the beginning: a channel may have changed its group
    emptied_to_.clear();
  }
  auto aged = co_await by_age(stop);
  if (!aged) co_return aged;
  auto too_much = co_await by_bytes(stop);
  if (!too_much) co_return too_much;
  auto given = co_await give_back(stop);
  if (!given) co_return given;
  view_.last_pass = loop_.wall();
  co_return Result<void>();
}

PurgeStep Purger::step_of(const GroupKey& key, const Group& group) {
  PurgeStep step;
  step.channels = group.channels;
  step.of_others = group.of_others;
  step.spare_decided = std::get<1>(key);
  return step;
}

Task<Result<void>> Purger::by_age(std::stop_token stop) {
  for (auto& each : groups_) {
    const auto& key = each.first;
    auto& group = each.second;
    auto again = co_await look_again(key, group, stop);
    if (!again) co_return again;
    const WallTime limit = loop_.wall() - kDay * std::get<0>(key);
    auto step = step_of(key, group);
    step.after = group.looked_to;
    step.before = first_id_at(limit);
    step.incidents_before = limit;
    const auto walked = co_await walk(std::move(step), &group.waits, stop);
    if (!walked) co_return fail(Fault(walked.error()));
    group.looked_to = *walked;
  }
  co_return Result<void>();
}

Task<Result<void>> Purger::look_again(const GroupKey& key, Group& group, std::stop_token stop) {
  if (loop_.mono() < group.looked_again + kLookAgain) co_return Result<void>();
  group.looked_again = loop_.mono();
  const auto ids = std::exchange(group.waits, {});
  for (auto from = ids.begin(); from != ids.end();) {
    const auto to = from + std::min(kLookedAtAgain, ids.end() - from);
    auto step = step_of(key, group);
    step.only.assign(from, to);
    const auto walked = co_await walk(std::move(step), &group.waits, stop);
    if (!walked) co_return fail(Fault(walked.error()));
    from = to;
  }
  co_return Result<void>();
}

Task<Result<void>> Purger::by_bytes(std::stop_token stop) {
  const bool bounded = std::ranges::any_of(rules_.channels, [](const auto& each) { return each.second.bytes > 0; });
  if (!bounded && rules_.fallback.bytes == 0) co_return Result<void>();
  const auto kept = co_await store_.kept(loop_);
  if (!kept) co_return fail(Fault(kept.error()));
  std::int64_t all = 0;
  for (const auto& each : *kept) {
    all += each.bytes;
    const auto rule = rules_.channels.find(each.channel);
    if (rule == rules_.channels.end() || rule->second.bytes == 0 || each.bytes <= rule->second.bytes) continue;
    PurgeStep step;
    step.channels = std::vector<std::string>(1, each.channel);
    auto emptied = co_await empty(std::move(step), each.bytes - rule->second.bytes, each.channel, stop);
    if (!emptied) co_return emptied;
    all -= each.bytes - rule->second.bytes;
  }
  if (rules_.fallback.bytes == 0) co_return Result<void>();
  const auto space = co_await store_.give_back(loop_);
  if (!space) co_return fail(Fault(space.error()));
  if (space->used <= rules_.fallback.bytes) co_return Result<void>();
  PurgeStep step;
  step.of_others = true;
  // The file holds more than the messages' own bytes: their share of what is too much.
  const auto share = static_cast<double>(all) / static_cast<double>(space->used);
  const auto too_much = static_cast<std::int64_t>(static_cast<double>(space->used - rules_.fallback.bytes) * share);
  co_return co_await empty(std::move(step), std::max<std::int64_t>(too_much, 1), std::string(), stop);
}

Task<Result<void>> Purger::empty(PurgeStep step, std::int64_t too_much, std::string cursor, std::stop_token stop) {
  step.after = emptied_to_[cursor];
  step.before = first_id_at(loop_.wall() - kNeverYounger);
  step.enough = too_much;
  std::vector<MessageId> waits;
  const auto walked = co_await walk(std::move(step), &waits, stop);
  if (!walked) co_return fail(Fault(walked.error()));
  // What waits is looked at again; it is little, or nothing of it may go anyway.
  emptied_to_[cursor] = waits.empty() ? *walked : std::min(*walked, MessageId{waits.front().value - 1});
  co_return Result<void>();
}

Task<Result<MessageId>> Purger::walk(PurgeStep step, std::vector<MessageId>* waits, std::stop_token stop) {
  Wakeup pause(loop_);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  const bool by_name = !step.only.empty();
  while (!stop.stop_requested()) {
    auto again = step;
    const auto purged = co_await store_.purge(loop_, std::move(again));
    if (!purged) co_return fail(Fault(purged.error()));
    view_.messages += purged->messages;
    view_.bytes += purged->bytes;
    view_.incidents += purged->incidents;
    for (const auto id : purged->unfinished)
      if (id <= purged->reached) waits->push_back(id);
    step.after = std::max(step.after, purged->reached);
    step.enough -= purged->bytes;
    std::erase_if(step.only, [&](MessageId id) { return id <= purged->reached; });
    // Bytes whose rows are still there count as used: the next look would take others for them.
    const bool enough = step.enough <= 0 && !purged->parts;
    if (purged->end || enough || (by_name && step.only.empty())) break;
    co_await pause.wait_for(kBetweenSteps);
  }
  if (by_name) waits->insert(waits->end(), step.only.begin(), step.only.end());  // it was stopped
  co_return step.after;
}

Task<Result<void>> Purger::give_back(std::stop_token stop) {
  Wakeup pause(loop_);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  while (!stop.stop_requested()) {
    const auto space = co_await store_.give_back(loop_);
    if (!space) co_return fail(Fault(space.error()));
    view_.space = *space;
    view_.returned += space->returned;
    if (space->returned == 0) co_return Result<void>();
    co_await pause.wait_for(kBetweenSteps);
  }
  co_return Result<void>();
}

}  // namespace myelin::runtime
