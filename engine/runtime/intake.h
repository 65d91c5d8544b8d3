// Intake: the half of a message's way that comes before the commit. It may refuse; after it nobody may.
//
//   1 adapters/<kind>/source   reads bytes                      -> Received
//   2 adapters/<kind>          bytes -> one message's bytes
//   3 parse                    bytes -> text -> Body            not_hl7, charset …   refuse
//   4 check                    accept: types, versions, checks  type_not_accepted …  refuse
//                              the duplicate window             same receipt again
//                              shared steps                     drop: filtered; fault, park, hold: "not yet routed"
//   5 route                    which routes' `when` hold        none: filtered
//                              to whom, in how many parts       nobody, an unknown name: parked under the route's name
//   6 store                    message + deliveries, one commit disk_reserve …       refuse
//                              then the lanes are told, and the Receipt goes back to the source, where the channel
//                              says so with the answer of a route's peer (Replies)
//
// accept() and take() run them in this order. Steps 3 to 5 are pure and stand in decide.h; commit() is step 6. Thread:
// the channel's loop. Nothing here looks back from a later step.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/adapter.h"
#include "engine/model/plan.h"
#include "engine/runtime/decide.h"
#include "engine/runtime/duplicates.h"
#include "engine/runtime/owed.h"
#include "engine/runtime/peers.h"
#include "engine/runtime/replies.h"
#include "engine/runtime/sequence.h"
#include "engine/store/store.h"

namespace myelin::runtime {

struct IntakeCounters {
  std::int64_t received = 0, committed = 0, filtered = 0, refused = 0, duplicates = 0;
};

// A larger message is worked on by the pool of threads (offload), so that the others of its loop need not wait for it.
inline constexpr std::size_t kWorkOffLoop = std::size_t{1024} * 1024;

class ChannelIntake final : public Intake {
 public:
  // Told after the commit, in the order of the commits, for each delivery that is queued.
  using Committed =
      std::function<void(const NewDelivery& delivery, DeliveryId id, std::shared_ptr<const Message> message)>;

  // Without `replies` nobody waits for a peer's answer.
  ChannelIntake(Loop& loop, Store& store, IdSource& ids, StepObserver* observer, Committed committed,
                Replies* replies = nullptr, AnswerDesk* desk = nullptr);

  // The next message is decided by this plan; those in flight end with the one they began with.
  void use(std::shared_ptr<const Plan> plan);

  Task<Receipt> accept(Received received) override;
  MessageId report(Incident incident) override;
  void noticed(const std::string& peer, std::span<const hl7::Habit> habits) override { peers_.noticed(peer, habits); }
  std::span<const std::string> named_facts() const override { return plan_->facts; }
  Task<Result<Progress>> progress(std::string ticket) override;

  DuplicateWindow& duplicates() { return duplicates_; }
  const IntakeCounters& counters() const { return counters_; }
  const PeerBook& peers() const { return peers_; }

 private:
  Task<Receipt> take(std::shared_ptr<const Plan> plan, Received received, Numbered numbered);
  Task<std::optional<Receipt>> settle_owed(Bytes bytes);
  Task<std::optional<Receipt>> known(std::shared_ptr<const Plan> plan, Sha256 fingerprint, NewMessage& incoming,
                                     Received& received);
  Task<Receipt> take_numbered(std::shared_ptr<const Plan> plan, Received received);
  Task<Receipt> begin_anew(std::shared_ptr<const Plan> plan, Received received, Numbered numbered);
  Task<std::optional<Receipt>> repeated(std::shared_ptr<const Plan> plan, Received received, Receipt receipt);
  Receipt refuse(Fault fault, const Received& received);
  Receipt receipt_of(Receipt::Kind kind, MessageId id, WallTime received_at) const;
  Task<Receipt> answer_again(NewMessage incoming, MessageId first, Received received, Receipt receipt);
  void tell_repeaters(const Sha256& fingerprint, const Receipt& receipt);
  Task<Receipt> commit(NewMessage message, Examined examined, Received received);
  void notice_reused_id(const Examined& examined, const Message& message);

  Loop& loop_;
  Store& store_;
  IdSource& ids_;
  StepObserver* observer_;
  Committed committed_;
  Replies* replies_;
  AnswerDesk* desk_;  // null: no answer is owed
  std::shared_ptr<const Plan> plan_;
  DuplicateWindow duplicates_;
  std::map<Sha256, std::vector<Completion<Receipt>*>> committing_;  // who waits for the commit of the same content
  IntakeCounters counters_;
  PeerBook peers_;
  Sequences sequences_;
};

}  // namespace myelin::runtime
