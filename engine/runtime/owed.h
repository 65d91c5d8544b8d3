// Owed: the deliveries of a channel whose peer has the message safely (CA) and whose application still owes its answer
// (enhanced mode). The lane has gone on; the answer comes later, on the same connection or through any source of this
// engine, and settles the delivery by the reply table. Where none comes in time, the delivery is parked, or delivered
// when the peer only answers errors. The rows (awaiting_reply, with the bytes that were sent) are the truth; this is
// read from them at the start. Thread: the channel's loop; AnswerDesk: any.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "engine/model/plan.h"
#include "engine/runtime/askers.h"
#include "engine/runtime/host.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// The channels of this engine, and which of them waits for the answer to which MSH-10.
class AnswerDesk : public Exchange {
 public:
  virtual void expect(const std::string& id, const std::string& channel) = 0;
  virtual void forget(const std::string& id, const std::string& channel) = 0;
  virtual bool any() const = 0;
  virtual bool owes(const std::string& id, const std::string& channel) = 0;
  // `of` is the lane on whose connection it came; empty for one that came through a source. True: `answer` names in
  // MSA-2 a message whose answer was owed, and that delivery is settled, on the disk.
  virtual Task<bool> take(Loop& from, Bytes answer, LaneKey of) = 0;
};

class Owed {
 public:
  // Tells the lane that a row went back to it: queued or held.
  using Returned = std::function<void(const LaneKey& lane, DeliveryId id)>;

  Owed(Loop& loop, Store& store, const Seams& seams, Askers& askers, AnswerDesk* desk, Returned returned);
  ~Owed();

  // What is owed on a lane that the plan calls otherwise is owed on that one from now on.
  void use(std::shared_ptr<const Plan> plan);
  // What the process before left; asked again after a fault it goes on where it was. A row whose bytes are damaged is
  // parked: nobody can say which answer is its own.
  Task<Result<void>> recall();
  // Before bytes are sent that ask for an application's answer, and after what came of it was told: an answer that is
  // faster than its CA is known too. Gives the MSH-10; empty: nothing is asked for.
  std::string begin(const Bytes& sent);
  void sent(const std::string& id);
  void expect(LaneKey lane, DeliveryId id, int attempts, const Outcome::Owed& owed);
  Task<bool> take(Bytes answer, LaneKey of);
  Destination::LateAnswers late_answers(const LaneKey& lane);
  // When nothing is being sent any more: until what is being settled is on the disk.
  Task<void> end();

 private:
  struct Entry {
    DeliveryId delivery;
    LaneKey lane;
    int attempts = 0;
    bool silence_is_good = false;
    MonoTime until{};
    TimerId timer = TimerId::none;
  };
  using Entries = std::multimap<std::string, Entry>;

  void expire(const std::string& id, DeliveryId delivery);
  void add(std::string id, Entry entry);
  Entry leave(Entries::iterator at);
  Task<Entries::iterator> find(std::string id, LaneKey of);
  Task<bool> take_answer(Bytes answer, LaneKey of);
  Task<bool> judge_answer(std::string id, Entry entry, Outcome outcome);
  Task<void> settle_silence(Entry entry);
  Task<bool> park_damaged(const Delivery& row, Fault fault);
  Task<bool> settle(Entry entry, State to, Duration pause, std::optional<Fault> fault, std::optional<Bytes> answer);

  Loop& loop_;
  Store& store_;
  const Seams& seams_;
  Askers& askers_;
  AnswerDesk* desk_;
  Returned returned_;
  std::shared_ptr<const Plan> plan_;
  // By the MSH-10 that was sent: one message may have gone to several peers.
  Entries entries_;
  DeliveryId recalled_;  // up to here
  std::map<std::string, int> in_flight_;
  std::list<Completion<bool>*> fast_;  // answers to what is in flight
  int taking_ = 0;
  Wakeup taken_;
  TaskGroup working_;
};

}  // namespace myelin::runtime
