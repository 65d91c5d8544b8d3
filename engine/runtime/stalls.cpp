#include "engine/runtime/stalls.h"

#include <utility>

#include "engine/base/event.h"

namespace myelin::runtime {

Task<void> Stalls::run(std::stop_token stop) {
  Wakeup pause(loop_);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  while (!stop.stop_requested()) {
    co_await pause.wait_for(kEvery);
    if (!stop.stop_requested()) co_await look();
  }
}

Task<void> Stalls::look() {
  const auto channels = co_await host_.view();
  std::map<LaneKey, Head> heads;
  for (const auto& channel : channels)
    for (const auto& lane : channel.lanes) look_at(lane, heads);
  heads_ = std::move(heads);
}

void Stalls::look_at(const LaneView& lane, std::map<LaneKey, Head>& heads) {
  const bool waits_for_something =
      lane.stopped || lane.peer_down || lane.paced_until || lane.opens_at || lane.goes_at || lane.next_attempt;
  if (!lane.head || waits_for_something) return;
  Head head{*lane.head, lane.head_attempts, loop_.mono(), false};
  const auto before = heads_.find(lane.lane);
  if (before != heads_.end() && before->second.id == head.id && before->second.attempts == head.attempts)
    head = before->second;
  const auto stood = loop_.mono() - head.since;
  if (!head.said && stood >= kPatience) {
    head.said = true;
    const auto name = to_string(head.id);
    emit(EventKind::lane_stalled, {{Label::channel, std::string_view(lane.lane.channel)},
                                   {Label::route, std::string_view(lane.lane.route)},
                                   {Label::delivery, std::string_view(name)},
                                   {Label::ms, static_cast<std::int64_t>(stood / milliseconds(1))}});
  }
  heads.insert_or_assign(lane.lane, head);
}

}  // namespace myelin::runtime
