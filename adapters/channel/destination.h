// Hands a message to the intake of another channel of this engine. "Accepted" means that the other channel has it on
// the disk, and that the same commit wrote this delivery down as delivered: a crash leaves both or neither, and a
// hand-over that was given up and goes on all the same is refused by the store. What the other channel knows as a
// duplicate is settled by the lane.
#pragma once

#include <memory>
#include <string>

#include "engine/model/adapter.h"

namespace myelin::channel {

class ChannelDestination final : public Destination {
 public:
  ChannelDestination(Loop& loop, std::string channel, Duration timeout);
  ~ChannelDestination() override;

  Task<Outcome> send(const Outbound& outbound) override;
  void close() override;
  void join(Exchange& exchange) override { exchange_ = &exchange; }
  bool settles() const override { return true; }

 private:
  struct Hand;  // one hand-over, which goes on to its end though nobody waits for it any more
  static Task<void> hand_over(std::shared_ptr<Hand> hand, Exchange* exchange, std::string channel, Received received);

  Loop& loop_;
  std::string channel_;
  Duration timeout_;
  Exchange* exchange_ = nullptr;
  std::shared_ptr<Hand> hand_;
};

}  // namespace myelin::channel
