// How a channel begins, and goes on by another plan: what it must know is read first, then its lanes run, then its
// source is opened. It never stands in between: a store that cannot be read leaves a channel that runs as it was, and
// one that does not is `failed` and tried again. One bad row is never the channel's: who reads it sets that row aside.
#include <utility>

#include "engine/base/event.h"
#include "engine/base/sabotage.h"
#include "engine/runtime/channel.h"
#include "engine/runtime/insist.h"

namespace myelin::runtime {
namespace {

constexpr Duration kSwapLimit = seconds(30);
constexpr Duration kInsist = seconds(5);

}  // namespace

Task<Result<void>> Channel::start(std::shared_ptr<const Plan> plan, LaneHistory history) {
  changing_ = true;
  use(std::move(plan));
  history_ = std::move(history);
  if (sabotaged(Bug::sources_before_recall)) {
    auto early = begin_lanes();
    const auto lanes = co_await early;
    auto opened = lanes ? open_source() : lanes;
    Wakeup pause(loop_);
    co_await pause.wait_for(seconds(1));
    recall_duplicates(std::exchange(history_.recent, {}));
    changing_ends();
    co_return opened;
  }
  recall_duplicates(std::exchange(history_.recent, {}));
  auto beginning = begin();
  auto begun = co_await beginning;
  changing_ends();
  co_return begun;
}

// The time in which this engine stood is none in which a sender could have repeated anything.
void Channel::recall_duplicates(std::vector<DuplicateKey> recent) {
  const auto now = loop_.wall();
  const auto last = store_.last_id();
  const auto stopped = last.value > 0 ? std::max(now - time_of(last), microseconds(0)) : microseconds(0);
  for (const auto& key : recent) {
    const Duration age = std::max<Duration>(now - stopped - key.received_at, Duration::zero());
    if (age > plan_->duplicates.window) continue;
    intake_.duplicates().remember(key.fingerprint.content, key.fingerprint.sender, key.id, key.received_at,
                                  loop_.mono() - age);
  }
}

Task<Result<void>> Channel::swap(std::shared_ptr<const Plan> plan) {
  changing_ = true;
  auto taking = take(std::move(plan));
  auto taken = co_await taking;
  changing_ends();
  co_return taken;
}

Task<Result<void>> Channel::try_again() {
  changing_ = true;
  co_await beginning_.join();
  Result<void> whole;
  if (fault_ && !draining_) {
    auto beginning = begin();
    whole = co_await beginning;
  } else if (source_fault_ && !draining_) {
    loop_.cancel(std::exchange(reopen_, TimerId::none));
    whole = open_source();
  }
  changing_ends();
  co_return whole;
}

void Channel::changing_ends() {
  changing_ = false;
  changed_.notify();
}

void Channel::use(std::shared_ptr<const Plan> plan) {
  plan_ = std::move(plan);
  intake_.use(plan_);
  owed_.use(plan_);
}

// The long read first, beside the lanes that run. Until the short one has succeeded too nothing has changed.
Task<Result<void>> Channel::take(std::shared_ptr<const Plan> plan) {
  loop_.cancel(std::exchange(again_, TimerId::none));
  co_await beginning_.join();
  if (draining_) co_return fail(FaultCode::stopping, "the channel " + name_ + " stops");
  Known known;
  Result<void> read;
  if (begun_) {
    auto reading = read_unfinished(plan);
    auto unfinished = co_await reading;
    if (unfinished) known.unfinished = std::move(*unfinished);
    else read = fail(unfinished);
  }
  const bool same_source = source_ && plan->source_fingerprint == plan_->source_fingerprint && !plan->paused;
  if (read && !same_source) co_await close_source(kSwapLimit);
  if (read && begun_) {
    co_await stop_lanes(kSwapLimit);
    auto reading = read_stops(known);
    read = co_await reading;
    if (!read && !draining_) {
      run_lanes({});
      if (const auto opened = source_ ? Result<void>() : open_source(); !opened) co_return opened;
    }
  }
  if (draining_) co_return fail(FaultCode::stopping, "the channel " + name_ + " stops");
  if (!read) {
    emit(EventKind::channel_failed, {{Label::channel, name_},
                                     {Label::fault, entry(read.error().code).id},
                                     {Label::reason, "it goes on as it was: " + read.error().detail}});
    if (fault_) failed(*fault_);
    co_return read;
  }
  if (begun_) known_ = std::move(known);
  begun_ = false;
  use(std::move(plan));
  auto beginning = begin();
  co_return co_await beginning;
}

// All that has not begun yet. Without its lanes no source is opened; what was released and cannot be read now holds
// nothing up.
Task<Result<void>> Channel::begin() {
  loop_.cancel(std::exchange(again_, TimerId::none));
  fault_.reset();
  if (!begun_) {
    auto beginning = begin_lanes();
    auto begun = co_await beginning;
    if (!begun) failed(begun.error());
    if (!begun) co_return begun;
  }
  auto route = [this] { return route_all_released(); };
  auto routing = insist<void>(loop_, kInsist, draining_, route);
  auto routed = co_await routing;
  if (draining_) co_return fail(FaultCode::stopping, "the channel " + name_ + " stops");
  if (!routed) failed(routed.error());
  if (source_) co_return routed;
  loop_.cancel(std::exchange(reopen_, TimerId::none));
  auto opened = open_source();
  co_return opened ? routed : opened;
}

Task<Result<void>> Channel::begin_lanes() {
  Known known;
  if (known_) {
    known = std::move(*known_);
    known_.reset();
  } else {
    auto reading = read_unfinished(plan_);
    auto unfinished = co_await reading;
    if (!unfinished) co_return fail(unfinished);
    auto looking = read_stops(known);
    auto looked = co_await looking;
    if (!looked) co_return looked;
    known.unfinished = std::move(*unfinished);
  }
  auto adopting = adopt(known);
  auto adopted = co_await adopting;
  if (!adopted) co_return adopted;
  if (!recalled_) {
    auto recall = [this] { return owed_.recall(); };
    auto recalling = insist<void>(loop_, kInsist, draining_, recall);
    auto expected = co_await recalling;
    if (!expected) co_return expected;
    auto close = [this] { return replies_.close(plan_); };
    auto closing = insist<void>(loop_, kInsist, draining_, close);
    auto closed = co_await closing;
    if (!closed) co_return closed;
    recalled_ = true;
  }
  if (draining_) co_return fail(FaultCode::stopping, "the channel " + name_ + " stops");
  start_lanes(known);
  begun_ = true;
  co_return Result<void>();
}

// A fault is kept, said, and tried again; there is nobody to hand it to.
Task<void> Channel::begin_again() {
  auto beginning = begin();
  [[maybe_unused]] const auto begun = co_await beginning;
}

void Channel::failed(const Fault& fault) {
  if (draining_) return;
  fault_ = fault;
  emit(EventKind::channel_failed,
       {{Label::channel, name_}, {Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
  loop_.cancel(again_);
  again_ = loop_.after(kReopen, [this] {
    again_ = TimerId::none;
    if (!draining_ && !changing_) beginning_.spawn(begin_again());
  });
}

}  // namespace myelin::runtime
