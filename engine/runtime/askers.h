// Askers: who waits for the answer of which delivery (`reply: from`). A Lane tells what became of a delivery; whoever
// asked hears it once. Nothing here is durable: the store knows which questions are open (Store::questions).
// Thread: the channel's loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/task.h"
#include "engine/model/delivery.h"
#include "engine/model/outcome.h"

namespace myelin::runtime {

// What became of a delivery that somebody asks about.
struct Fate {
  State state = State::queued;  // queued: nothing yet, and nobody waits any longer
  bool answered = false;        // the peer answered it, with `code` and `response`
  std::string code;
  Bytes response;
  std::optional<Fault> fault;
};

class Askers {
 public:
  explicit Askers(Loop& loop) : loop_(loop) {}

  // One who asks; it forgets itself when it goes. It may go before the Askers do, never after.
  class Question {
   public:
    Question(Askers& askers, DeliveryId id);
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;
    ~Question();

    DeliveryId id() const { return id_; }
    // What was told, at the latest after `limit`.
    Task<Fate> wait(Duration limit);

   private:
    friend class Askers;
    struct Ear {
      explicit Ear(Loop& loop) : told(loop) {}
      std::optional<Fate> fate;
      Wakeup told;
    };
    Askers& askers_;
    DeliveryId id_;
    std::shared_ptr<Ear> ear_;  // shared: the question may go while it is being told
  };

  bool asked(DeliveryId id) const { return questions_.contains(id); }
  bool any() const { return !questions_.empty(); }
  // In a later turn of the loop; it is no longer asked about.
  void tell(DeliveryId id, Fate fate);
  // All who wait hear that nothing comes any more.
  void give_up();

 private:
  Loop& loop_;
  std::multimap<DeliveryId, std::shared_ptr<Question::Ear>> questions_;
};

}  // namespace myelin::runtime
