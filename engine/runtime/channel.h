// Channel: one running plan: its source, its intake and one lane per route. Starts, swaps the plan, drains
// (channel.cpp); begins its lanes and finds them (channel_lanes.cpp); routes stored messages anew (channel_again.cpp).
// Thread: lives whole on one loop; every member is called there.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/task.h"
#include "engine/runtime/host.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/lane.h"
#include "engine/runtime/owed.h"
#include "engine/runtime/replies.h"

namespace myelin::runtime {

// What a channel must know of the time before this process; of its lanes, by lane.
struct LaneHistory {
  std::set<LaneKey> doubtful;        // had unfinished deliveries when the last process ended without closing
  std::vector<DuplicateKey> recent;  // what it took last, the oldest first
};

class Channel {
 public:
  // Without `desk` no answer is owed to it: what the peer has safely is delivered.
  Channel(Loop& loop, Store& store, IdSource& ids, const Seams& seams, std::string name, AnswerDesk* desk = nullptr);

  // Opens the source and starts the lanes. A source that cannot be opened leaves the lanes running and is tried
  // again every kReopen; its fault is returned.
  Task<Result<void>> start(std::shared_ptr<const Plan> plan, LaneHistory history);

  // Finishes what is in flight, then goes on by the new plan. The source keeps listening where its options are the
  // same.
  Task<Result<void>> swap(std::shared_ptr<const Plan> plan);

  // Source first, then lanes, each finishing what is in flight; what still is after `limit` is abandoned.
  Task<bool> drain(Duration limit);

  Task<Receipt> accept(Received received);
  // From another channel of this engine; refused while this one is paused or stops.
  Task<Receipt> hand_over(Received received);
  // The application's answer to a message of this channel.
  Task<bool> take_answer(Bytes answer, LaneKey of) { return owed_.take(std::move(answer), std::move(of)); }
  Task<ChannelView> view();

  // Runs the shared steps of every released delivery "not yet routed" again, and asks anew for the recipients of those
  // that have none: the real deliveries replace it, or it is set aside once more with its new fault.
  Task<Result<void>> route_released();
  // Further deliveries of a stored message, to `route` or to all that want it: how many.
  Task<Result<int>> replay(MessageId id, std::string route, std::string reason, std::string by);

  // The lane of the key's route; that of a recipient which only a message names is made when it is first asked for.
  Lane* find_lane(const LaneKey& key);
  // The lanes of a route: of all recipients, where a formula names them.
  std::vector<LaneKey> lanes_of(const LaneKey& route) const;
  const std::string& plan_hash() const { return plan_->hash; }

  static constexpr Duration kReopen = seconds(10);

 private:
  void recall_duplicates(std::vector<DuplicateKey> recent);
  Result<void> open_source();
  Task<void> run_source(std::shared_ptr<Source> source, std::stop_token stop);
  Task<void> close_source(Duration limit);
  void reopen_later();

  // channel_again.cpp
  Task<Result<void>> route_released(LaneKey unrouted);
  Task<Result<void>> route_again(DeliveryId id, std::string route);
  Task<Result<void>> set_aside_again(DeliveryId id, NewDelivery still);
  void push_all(const std::vector<NewDelivery>& deliveries, int first_ordinal,
                const std::shared_ptr<const Message>& message);

  // channel_lanes.cpp
  Task<Result<void>> adopt();
  Task<Result<void>> start_lanes();
  void start_lane(const Route& route);
  void tell_followers(const std::string& route, MessageId id);
  Task<void> run_lane(Lane& lane);
  Task<void> stop_lanes(Duration limit);

  Loop& loop_;
  Store& store_;
  const Seams& seams_;
  std::string name_;
  std::shared_ptr<const Plan> plan_;
  LaneHistory history_;
  std::map<LaneKey, LaneStop> stopped_;  // as the store had it when the lanes began
  AnswerDesk* desk_;
  Replies replies_;
  Owed owed_;
  ChannelIntake intake_;
  std::shared_ptr<Source> source_;
  std::stop_source source_stop_;
  TaskGroup source_running_;
  TaskGroup lanes_running_;
  std::map<std::string, std::unique_ptr<Lane>> lanes_;  // by route; a removed route's lane goes when it has stopped
  bool lanes_run_ = false;
  std::set<std::string> named_;  // recipients that got something while the lanes stood
  int handing_over_ = 0;
  Wakeup handed_over_;
  TimerId reopen_ = TimerId::none;
  std::optional<Fault> source_fault_;
  bool draining_ = false;
};

}  // namespace myelin::runtime
