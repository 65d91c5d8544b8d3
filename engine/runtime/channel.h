// Channel: one running plan: its source, its intake and one lane per route. Drains, opens its source (channel.cpp);
// starts, swaps the plan, and tries again what could not be begun (channel_begin.cpp); begins its lanes and finds them
// (channel_lanes.cpp); routes stored messages anew (channel_again.cpp).
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

// What a channel must know of the time before this process.
struct LaneHistory {
  std::shared_ptr<const Plan> former;  // that ran when the last process ended without closing; null: the one of now
  std::vector<DuplicateKey> recent;    // what it took last, the oldest first
};

class Channel {
 public:
  // Without `desk` no answer is owed to it: what the peer has safely is delivered.
  Channel(Loop& loop, Store& store, IdSource& ids, const Seams& seams, std::string name, AnswerDesk* desk = nullptr);

  // Starts the lanes and opens the source. What cannot be begun is tried again every kReopen, and its fault is
  // returned: where the store cannot be read, all of it; where only the source cannot be opened, the lanes run.
  Task<Result<void>> start(std::shared_ptr<const Plan> plan, LaneHistory history);

  // Finishes what is in flight, then goes on by the new plan. The source keeps listening where its options are the
  // same. Where the store cannot be read the channel goes on by the plan of before, whole: plan_hash() says which it
  // is.
  Task<Result<void>> swap(std::shared_ptr<const Plan> plan);

  // What could not be begun is tried again now; its fault, when it still cannot.
  Task<Result<void>> try_again();

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

  // A change by a person (Store::change); false: no lane here has it. What is held, parked or discarded while it is
  // being sent is so when that attempt has ended, by its answer or by us: one that was delivered meanwhile is
  // wrong_state.
  Task<Result<bool>> change(LaneKey key, DeliveryId id, State to, Person person);

  // Why a delivery of this channel does not go now; nothing of what is finished, or waits for a person alone.
  std::optional<Waits> waits_for(const Delivery& row) const;

  // The lane of the key's route; that of a recipient which only a message names is made when it is first asked for.
  Lane* find_lane(const LaneKey& key);
  // The lanes of a route: of all recipients, where a formula names them.
  std::vector<LaneKey> lanes_of(const LaneKey& route) const;
  const std::string& plan_hash() const { return plan_->hash; }

  static constexpr Duration kReopen = seconds(10);

 private:
  // What the lanes must know before they run; read while those of before still do, as far as that is possible.
  struct Known {
    std::set<LaneKey> unfinished;  // lanes of whatever channel, where the plan makes them or calls them otherwise
    std::vector<LaneStop> stops;
    std::vector<LaneDoubt> doubts;
  };

  Result<void> open_source();
  Task<void> run_source(std::shared_ptr<Source> source, std::stop_token stop);
  Task<void> close_source(Duration limit);
  void reopen_later();

  // channel_begin.cpp
  void use(std::shared_ptr<const Plan> plan);
  void recall_duplicates(std::vector<DuplicateKey> recent);
  Task<Result<void>> take(std::shared_ptr<const Plan> plan);
  Task<Result<void>> begin();
  Task<Result<void>> begin_lanes();
  Task<void> begin_again();
  void failed(const Fault& fault);
  void changing_ends();

  // channel_again.cpp
  Task<Result<void>> route_all_released();
  Task<Result<void>> route_released(LaneKey unrouted);
  Task<Result<void>> route_again(DeliveryId id, std::string route);
  Task<Result<void>> park_unrouted(DeliveryId id, std::string route, Fault fault);
  Task<Result<void>> set_aside_again(DeliveryId id, NewDelivery still);
  void push_all(const std::vector<NewDelivery>& deliveries, int first_ordinal,
                const std::shared_ptr<const Message>& message);

  // channel_change.cpp
  Task<void> let_attempt_end(LaneKey key, DeliveryId id);

  // channel_lanes.cpp
  Task<Result<std::set<LaneKey>>> read_unfinished(std::shared_ptr<const Plan> plan);
  Task<Result<void>> read_stops(Known& known);
  Task<Result<void>> adopt(const Known& known);
  Task<void> adopt_late(LaneKey from, LaneKey to);
  void start_lanes(const Known& known);
  void run_lanes(std::set<std::string> needed);
  void push(const NewDelivery& delivery, DeliveryId id, std::shared_ptr<const Message> message);
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
  std::map<LaneKey, LaneStop> stopped_;   // as the store had it when the lanes began
  std::map<LaneKey, DeliveryId> doubts_;  // likewise: Store::doubts
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
  bool recalled_ = false;       // what is owed, and whose senders have gone
  bool begun_ = false;          // the lanes run, by plan_
  std::optional<Known> known_;  // of plan_, which is about to begin
  std::optional<Fault> fault_;  // why not all runs; it is tried again
  TimerId again_ = TimerId::none;
  TaskGroup beginning_;
  bool changing_ = false;  // start, swap or try_again is under way
  Wakeup changed_;
  bool draining_ = false;
};

}  // namespace myelin::runtime
