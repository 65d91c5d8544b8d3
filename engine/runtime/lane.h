// Lane: the ordered queue of one route, and the half of a message's way that comes after the commit. It may only
// retry, park or finish; exactly one delivery is in flight, so nothing is ever overtaken.
//
//    7 claim    the head of the window, when it is due           queued -> sending
//    8 render   shared steps, then the route's, on a fresh Body  drop: filtered; park, hold, fault: so
//    9          Body -> bytes (or exactly the bytes of an attempt that may have reached the peer)
//   10 send     the Destination                                  -> Outcome
//   11 settle   by the reply table (reply.cpp)                   delivered | queued later | parked | held
//   12 next
//
// Functions stand below in that order. First delivery, retry, restart and replay all run these same lines: the store
// is the queue, the window in memory holds at most kLaneWindow ids of it, and refill() reads on where it ends.
// Settles ride behind by at most kUnsettled. Thread: the channel's loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "engine/base/task.h"
#include "engine/model/plan.h"
#include "engine/runtime/host.h"
#include "engine/runtime/reply.h"
#include "engine/store/store.h"

namespace myelin::runtime {

class Lane {
 public:
  Lane(Loop& loop, Store& store, LaneKey key, const Seams& seams);

  // While not running: what the next run() obeys. `destination` is made anew, so a changed peer is dialled anew.
  void configure(std::shared_ptr<const Plan> plan, const Route& route);

  // Until stop(); the delivery in flight is finished first.
  Task<void> run();
  void stop();
  void abandon();  // ends the send in flight at once

  // After the commit. Order of the calls is the order of the lane.
  void push(DeliveryId id, std::shared_ptr<const Message> original);

  // The first `count` deliveries found in the store may have been sent before an unclean end.
  void doubt(int count) { doubtful_ = count; }

  // A stopped lane sends nothing until it is started.
  void set_stopped(std::optional<LaneStop> stop);
  // Reads the queue anew from its beginning: rows were changed by a person.
  void rescan();
  // The head is tried now, whatever its pause.
  void hurry();

  LaneView view() const;
  std::int64_t delivered() const { return delivered_; }
  const LaneKey& key() const { return key_; }

 private:
  struct Waiting {
    DeliveryId id;
    State state = State::queued;
    MonoTime due{};
    int attempts = 0;
    bool possible_duplicate = false;
    std::shared_ptr<const Message> original;  // handed over by intake while it is still in memory
    std::optional<Bytes> rendered;            // of an attempt that may have reached the peer
    std::string fault, detail;
  };
  struct Rendered {
    Bytes bytes;
    std::optional<Settlement> settled;  // a step decided: nothing is sent
  };

  Task<bool> claim();
  Task<void> refill();
  Task<Rendered> render();
  Task<Result<void>> recall();
  Task<void> read_ahead();
  Rendered run_plan(const Message& message);
  Task<void> send(Bytes bytes);
  Task<void> decide(Next next, Bytes sent);
  void settle(Settlement settlement);
  Task<void> hold_here(std::string reason);
  bool may_run_ahead() const;

  Loop& loop_;
  Store& store_;
  LaneKey key_;
  const Seams& seams_;
  std::shared_ptr<const Plan> plan_;
  const Route* route_ = nullptr;
  std::unique_ptr<Destination> destination_;
  LaneMemory memory_;
  Wakeup wake_;
  Wakeup settled_;

  std::deque<Waiting> window_;  // sorted by id; the front is the head
  DeliveryId cursor_;           // highest id that the window has held
  DeliveryId newest_;           // highest id that was pushed
  bool behind_ = true;          // the store has, or may have, ids above cursor_
  bool rescan_ = false;
  bool stopping_ = false;
  bool in_flight_ = false;
  bool store_failed_ = false;
  int doubtful_ = 0;
  int unsettled_ = 0;
  std::int64_t delivered_ = 0;
  std::optional<LaneStop> stopped_;
};

}  // namespace myelin::runtime
