// Lane: the queue of one route, and the half of a message's way that comes after the commit. It may only retry, park or
// finish. What may go, and what waits for what, is decided by Order; each delivery in flight has a session of its own
// with the peer, one for a fifo route, `parallel` for one that is ordered by key or not at all.
//
//    7 claim    the earliest that may go                         queued -> sending
//    8 render   shared steps, then the route's, on a fresh Body  drop: filtered; park, hold, fault: so
//    9          Body -> bytes (or exactly the bytes of an attempt that may have reached the peer)
//   10 send     the Destination, when its Pace lets it           -> Outcome
//   11 settle   by the reply table (reply.cpp)                   delivered | queued later | parked | held
//   12 next
//
// lane.cpp has the queue: run(), and what fills the window (window.h). lane_stand.cpp has what persons do, and what
// stands meanwhile; lane_send.cpp steps 7 and 10 to 12; lane_render.cpp 8 and 9, with what the message becomes in
// rendering.h; lane_ask.cpp what a step asks another system meanwhile; lane_repeat.cpp what a peer is not sent twice;
// lane_doubt.cpp what it may have been sent before a crash; lane_collect.cpp a route that sends batches; lane_view.cpp
// and lane_waits.cpp what is shown of all this. First delivery, retry, restart and replay all run these same lines. A
// key that stands fills the window with those that wait for it; when it is full (kKeyedWindow), the rest of the route
// waits too. Results are written behind the sending; with kUnsettled of them not yet on the disk nothing more is begun.
//
// A held delivery is marked so in its own row: it stays in its place, and what must not pass it waits until it is
// released or discarded. A LaneStop is another thing: a person, or a peer that refuses everything, stopped the route or
// a key of it. Thread: the channel's loop.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/task.h"
#include "engine/model/plan.h"
#include "engine/runtime/askers.h"
#include "engine/runtime/batch.h"
#include "engine/runtime/duplicates.h"
#include "engine/runtime/host.h"
#include "engine/runtime/order.h"
#include "engine/runtime/owed.h"
#include "engine/runtime/pace.h"
#include "engine/runtime/reply.h"
#include "engine/runtime/window.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// Whether a lane belongs to a route: it has its name, or is that of one of its recipients, "results:lab".
inline bool is_of_route(std::string_view lane, std::string_view route) {
  return lane == route || (lane.size() > route.size() && lane.starts_with(route) && lane[route.size()] == ':');
}

class Lane {
 public:
  // `key` is the route's: its key is empty.
  Lane(Loop& loop, Store& store, LaneKey key, const Seams& seams, Askers* askers = nullptr);

  // While not running: what the next run() obeys. Destinations are made anew, so a changed peer is dialled anew.
  void configure(std::shared_ptr<const Plan> plan, const Route& route);

  // Until stop(); deliveries in flight are finished first.
  Task<void> run();
  void stop();
  void abandon();               // ends the sends in flight at once
  void abandon(DeliveryId id);  // ends this one's

  // After the commit. Order of the calls is the order of the lane.
  void push(DeliveryId id, const NewDelivery& delivery, std::shared_ptr<const Message> original);

  // A process before ended uncleanly: of what waits up to `up_to` the first may have been sent (Doubt). The next run()
  // marks them before it sends anything. `former`: the plan that ran then; null: the one of now.
  void doubt(DeliveryId up_to, std::shared_ptr<const Plan> former) {
    doubt_ = up_to;
    former_ = std::move(former);
  }

  // What is stopped sends nothing until it is started: a key of the route, or with "" all of it.
  void set_stopped(const std::string& key, LaneStop stop);
  void set_started(const std::string& key);
  // A person is about to change this row: no attempt begins until it is changed or let go.
  void pin(DeliveryId id);
  void unpin(DeliveryId id);
  bool is_sending(DeliveryId id) const;
  // A person changed this row.
  void changed(DeliveryId id, State to, const std::string& reason);
  // Many were changed: the queue is read anew from its beginning, when what is in flight has ended.
  void rescan();
  // Called when a delivery of this lane is finished, on the disk.
  using Finished = std::function<void(MessageId)>;
  void on_finished(Finished finished) { finished_ = std::move(finished); }
  // Where deliveries go whose peer owes its application's answer; without it, what is accepted is delivered.
  void wait_with(Owed& owed) { owed_ = &owed; }
  // What this message waited for (`after`) has ended.
  void look_again(MessageId id);
  // This one, and what it waits for, is tried now, whatever the pause; so is a peer that could not be reached. One that
  // is nowhere in memory is looked for in the store.
  void hurry(DeliveryId id);

  // The route, then each of its keys that is stopped, and each delivery that is held.
  std::vector<LaneView> views() const;
  // Of one that is queued in the store, whether the window holds it or not.
  Waits waits_for(const Delivery& row) const;
  std::int64_t delivered() const { return delivered_; }

 private:
  struct Session {
    explicit Session(Loop& loop) : wake(loop) {}
    std::unique_ptr<Destination> destination;
    Wakeup wake;
    std::optional<DeliveryId> mine;
    int unsettled = 0;
    int failures = 0;  // LaneMemory of this session
    bool sending = false;
    bool probe = false;  // what it sends, the breaker being open
    bool awaits_original = false;
    std::set<DeliveryId> batch;                                 // that it collects or sends, beside `mine`
    std::optional<MonoTime> goes_at;                            // the batch, at the latest
    bool hurried = false;                                       // a person said that it goes now
    std::map<std::size_t, std::unique_ptr<Destination>> asked;  // by Question::call; of the plan that it has
  };
  struct Remembered {
    MonoTime until;
    Outcome outcome;
  };

  // lane.cpp
  bool may_send() const;
  bool may_send(const Waiting& waiting) const;
  bool may_begin() const { return may_send() && !recalling_ && !doubt_ && unsettled_ < kUnsettled; }
  void dispatch();
  void dispatch_soon();
  Task<void> dispatch_in_next_turn();
  void wake_rested();
  void look_at_kept_back();
  bool wants_more() const;
  Task<void> read_anew();
  Task<void> refill();
  void take_in(const Delivery& row);
  MonoTime rests_until(DeliveryId id) const;
  int room() const;
  void forget(Waiting& waiting);
  bool asked(DeliveryId id) const { return askers_ && askers_->asked(id); }
  void wake_sessions();

  // lane_stand.cpp
  bool stands(const std::string& keys) const;
  void tell_those_who_stand();
  void hold(Waiting& waiting);
  void say_held(const std::string& keys, std::string_view reason) const;
  Task<void> stand(std::string reason);
  bool in_hand(DeliveryId id) const;

  // lane_send.cpp
  Task<void> work(Session& session);
  Task<void> deliver(Session& session, Waiting& mine);
  Task<void> end_unsent(Session& session, Waiting& mine, Settlement settlement);
  Task<void> pause(Session& session, const Waiting& mine);
  Task<bool> may_go_now(Waiting& mine);
  Task<bool> wait_for_turn(Session& session, const Waiting& mine);
  Duration closed_for() const;
  void tell_breaker(Session& session, const Outcome& outcome);
  Task<bool> send(Session& session, Waiting& mine, Rendering rendering);
  Task<std::int64_t> last_number();
  std::string link() const { return "out " + key_.channel + "/" + key_.route; }
  Next judge_outcome(const Outcome& outcome, Session& session, Waiting& mine);
  void tell_asker(DeliveryId id, State to, const Outcome& outcome);
  void tell_asker(const Settlement& settlement);
  Task<void> wait_for_application(Session& session, Waiting& mine, const Outcome& outcome, Bytes sent);
  Task<bool> decide(Session& session, Waiting& mine, Next next, Bytes sent, std::int64_t number);
  void settle(Session& session, Settlement settlement);
  Task<void> finish(Session& session, Waiting& mine, Settlement settlement);
  void set_aside(Waiting& mine);
  void say_possible_duplicate(DeliveryId id) const;
  void say_parked(const Settlement& settlement) const;
  void say_attempt(DeliveryId id, const Next& next, int attempts) const;

  // lane_collect.cpp
  enum class Added : std::uint8_t { yes, later, too_large };
  Task<void> deliver_batch(Session& session);
  Task<void> gather(Session& session, Batch& batch);
  Task<Added> add_member(Session& session, Batch& batch, Waiting& next);
  Waiting* next_member(const Batch& batch);
  static bool is_of(const Batch& batch, const Waiting& next);
  Duration time_left(Session& session, const Batch& batch, const Waiting* next) const;
  Task<bool> write_down(Session& session, Batch& batch);
  Task<void> all_settled(Session& session);
  Task<bool> send_batch(Session& session, Batch& batch);
  Task<bool> settle_batch(Session& session, const Batch& batch, Next next);

  // lane_render.cpp
  Task<Result<Rendering>> rendering_of(Session& session, Waiting& mine);
  Task<Result<void>> recall(Waiting& mine);
  Task<void> read_ahead(Waiting& mine);
  Task<Result<Rendering>> work_out(Session& session, Waiting& mine, const Message& message);
  Task<Rendering> work_out_once(Waiting& mine, const Message& message, const Answers& answers);
  RenderedBy now() const { return {*plan_, *route_}; }
  // lane_doubt.cpp
  Task<bool> decide_doubt();
  Task<Result<std::vector<Delivery>>> doubtful(DeliveryId up_to);
  bool cannot_have_gone(const Delivery& row, const Trace& trace) const;
  Task<Result<void>> mark(std::vector<Delivery> rows);
  Task<std::optional<Bytes>> as_it_went(const Delivery& row, RenderedBy by);
  // lane_repeat.cpp
  Task<void> look_for_repeat(Waiting& mine, Rendering& rendering);
  Task<void> recall_sent();
  void recall_one(const Delivery& delivery, const Message& message);
  // lane_ask.cpp
  Task<Outcome> ask(Session& session, const Waiting& mine, Question question);
  const Outcome* remembered(const std::string& key);
  // lane_view.cpp
  LaneView view_of_held(const Waiting& waiting) const;
  void show_pace(LaneView& view) const;
  // lane_waits.cpp
  Waits waits_of(DeliveryId id, const std::string& keys) const;
  const LaneStop* stop_of(const std::string& keys) const;

  Loop& loop_;
  Store& store_;
  LaneKey key_;
  const Seams& seams_;
  Finished finished_;
  Owed* owed_ = nullptr;
  Askers* askers_;  // null: nobody waits for a peer's answer
  std::shared_ptr<const Plan> plan_;
  const Route* route_ = nullptr;
  std::vector<std::unique_ptr<Session>> sessions_;  // never fewer than before; the first `parallel` are used
  std::vector<Session*> idle_;
  bool dispatches_soon_ = false;
  TaskGroup working_;
  Wakeup wake_;
  Wakeup settled_;

  Window window_;
  Order order_;                                          // of what is in the window
  std::map<std::string, Remembered, std::less<>> told_;  // of calls with a cache
  DuplicateWindow sent_;                                 // with `duplicates` of the route
  Breaker breaker_;
  TokenBucket rate_;
  std::set<std::pair<MonoTime, DeliveryId>> rested_;  // set aside until then
  bool rescan_ = false;                               // the queue is read anew
  bool recalling_ = false;                            // what was sent within the window of `duplicates`
  bool stopping_ = false;
  bool store_failed_ = false;
  std::optional<DeliveryId> doubt_;  // doubt(): until it is decided
  std::shared_ptr<const Plan> former_;
  std::set<DeliveryId> pinned_;  // pin()
  int unsettled_ = 0;
  std::int64_t delivered_ = 0;
  std::optional<std::int64_t> sequence_;             // of a numbered lane: what the peer took last, once it was read
  HabitTally habits_;                                // of the peer
  std::int64_t answers_ = 0;                         // of this peer, to whatever message
  int refused_in_a_row_ = 0, garbage_in_a_row_ = 0;  // LaneMemory of the peer
  std::map<std::string, LaneStop> stops_;            // by key; "": the route
};

}  // namespace myelin::runtime
