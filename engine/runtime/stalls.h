// Stalls: a lane that could go on and does not. Nobody holds it, its peer is not down, nothing is to be waited for, and
// yet its head has been the same in the same attempt for minutes: that is a fault of ours or of a peer that keeps a
// connection busy for ever, and it is said once.
#pragma once

#include <map>
#include <stop_token>

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/runtime/host.h"

namespace myelin::runtime {

class Stalls {
 public:
  static constexpr Duration kEvery = seconds(30);
  static constexpr Duration kPatience = minutes(5);  // longer than any time-out of a connection by default

  Stalls(Loop& loop, Host& host) : loop_(loop), host_(host) {}

  Task<void> run(std::stop_token stop);
  Task<void> look();

 private:
  struct Head {
    DeliveryId id;
    int attempts = 0;
    MonoTime since;
    bool said = false;
  };
  void look_at(const LaneView& lane, std::map<LaneKey, Head>& heads);

  Loop& loop_;
  Host& host_;
  std::map<LaneKey, Head> heads_;
};

}  // namespace myelin::runtime
