// What a person does with one delivery, told to its lane.
#include <utility>

#include "engine/runtime/channel.h"

namespace myelin::runtime {
namespace {

// An attempt that a person wants to stop may end by its answer for so long; then we end it, and wait as long once more.
constexpr Duration kGrace = seconds(2);
constexpr Duration kLook = milliseconds(10);

}  // namespace

// The row first, then the lane. On this loop, so that the store hears of the attempt that ended before it hears of
// this.
Task<Result<bool>> Channel::change(LaneKey key, DeliveryId id, State to, Person person) {
  if (to != State::queued) {
    auto ending = let_attempt_end(key, id);
    co_await ending;
  }
  auto changed = co_await store_.change(loop_, id, to, person.reason, person.name);
  auto* lane = find_lane(key);
  if (lane && changed) lane->changed(id, to, person.reason);
  else if (lane) lane->unpin(id);
  if (!changed) co_return fail(changed);
  co_return lane != nullptr;
}

// So that its row says what became of it, and that the peer may have it, before it says what the person wants. The lane
// is asked for anew each time: a reload may take it away.
Task<void> Channel::let_attempt_end(LaneKey key, DeliveryId id) {
  const auto began = loop_.mono();
  Wakeup pause(loop_);
  for (;;) {
    auto* lane = find_lane(key);
    if (!lane) co_return;
    lane->pin(id);
    const auto waited = loop_.mono() - began;
    if (!lane->is_sending(id) || waited >= 2 * kGrace) co_return;
    if (waited >= kGrace) lane->abandon(id);
    co_await pause.wait_for(kLook);
  }
}

}  // namespace myelin::runtime
