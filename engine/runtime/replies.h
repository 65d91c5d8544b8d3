// Replies: the way back. What the sender of a committed message is answered with, where its channel says `reply`.
//
//   ask      before the commit: who will wait, and for which delivery
//   answer   after it: waits for the peer's answer, makes it fit for the sender, keeps it, and puts it into the Receipt
//   repeat   the same question again: the same answer, or a place beside the one who waits already
//   close    at the start of a channel: the senders of the time before have gone
//
// The commit comes first, so an answer that does not come loses nothing: `then` says whether the message goes on.
// Thread: the channel's loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/model/plan.h"
#include "engine/model/receipt.h"
#include "engine/runtime/askers.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// One message on its way to its answer.
struct Asking {
  bool routed = true;                  // some route wants it
  std::optional<DeliveryId> delivery;  // whose peer's answer is awaited; none: no such route wants it
  LaneKey lane;
  Fate fate;                                   // of one that is not queued
  std::unique_ptr<Askers::Question> question;  // somebody waits
};

class Replies {
 public:
  // Tells the lane of a delivery that was discarded; an attempt in flight ends.
  using Discarded = std::function<void(const LaneKey& lane, DeliveryId id, const std::string& reason)>;

  Replies(Loop& loop, Store& store, Discarded discarded);

  Asking ask(const Plan& plan, const NewMessage& message, bool asks);

  // `receipt` is that of the commit.
  Task<Receipt> answer(std::shared_ptr<const Plan> plan, Message message, Asking asking, Receipt receipt);

  // `receipt` is that of the first one. Nothing: what came of it was discarded, so it is a new question.
  Task<std::optional<Receipt>> repeat(std::shared_ptr<const Plan> plan, Received received, Receipt receipt);

  // Of a message that is damaged the question is closed too; nothing of it is sent, so nothing is discarded.
  Task<Result<void>> close(std::shared_ptr<const Plan> plan);

  Askers& askers() { return askers_; }

 private:
  Task<std::optional<Receipt>> find_answer(std::shared_ptr<const Plan> plan, bool asks, Receipt receipt);
  Task<Receipt> conclude(std::shared_ptr<const Plan> plan, Message message, Asking asking, Receipt receipt);
  Task<Result<void>> discard(LaneKey lane, DeliveryId id, std::string reason);

  Loop& loop_;
  Store& store_;
  Discarded discarded_;
  Askers askers_;
};

// A peer's answer as the sender of `question` can read it: MSA-2 is the sender's MSH-10, its delimiters and character
// set; then the channel's `reply: steps`. Of another kind of body, what the steps make of it.
Result<Bytes> fit_for_sender(const Plan& plan, const Message& question, const Bytes& answer);

// The same answer for the sender of another message that is taken for the same: MSA-2 is its MSH-10.
Bytes named_for(const Bytes& question, const Bytes& answer);

// Whether a peer's answer can be told to the sender: an acknowledgement; in a channel of another body anything but
// nothing.
bool can_be_told(const Plan& plan, const Bytes& answer);

// Receipt::shape of a channel whose `reply` has steps.
std::function<Bytes(Bytes)> shape_for_sender(std::shared_ptr<const Plan> plan, Message question);

}  // namespace myelin::runtime
