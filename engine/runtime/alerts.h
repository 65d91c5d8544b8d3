// Alerts: looks every ten seconds at what waits in each route, and says once when something begins to want a person and
// once when it is over: as an event (log and counter), in `status`, and through the connection that the rule names.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/event.h"
#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/model/plan.h"
#include "engine/store/store.h"

namespace myelin::runtime {

struct AlertView {
  std::string channel, route;  // route "": not yet routed
  AlertRule rule;
  WallTime since;
  std::int64_t count = 0;  // what waits, is parked or held
  WallTime oldest;         // of them
};

class Alerts {
 public:
  static constexpr Duration kEvery = seconds(10);
  static constexpr Duration kTellAgain = seconds(30);  // while the connection does not take it
  static constexpr std::size_t kUntold = 1000;         // notices that wait; the oldest go first

  Alerts(Loop& loop, Store& store) : loop_(loop), store_(store), untold_some_(loop) {}

  void use(const std::vector<std::shared_ptr<const Plan>>& plans);
  Task<void> run(std::stop_token stop);
  Task<void> look();

  std::vector<AlertView> view() const;

 private:
  using Key = std::tuple<std::string, std::string, AlertRule::Kind, Duration>;
  struct Watched {
    std::vector<AlertRule> rules;
    std::map<std::string, Notified, std::less<>> notify;
    std::shared_ptr<const OpeningHours> open;
  };
  struct Notice {
    DestinationFactory to;
    Bytes text;
  };

  void judge(const LaneKey& lane, const Watched& watched, const std::vector<LaneCount>& counts,
             std::map<Key, AlertView>& standing);
  void say(EventKind kind, const AlertView& alert);
  void tell(const AlertView& alert, std::string_view state);
  std::string message_of(const AlertView& alert, std::string_view state, std::int64_t seconds_old);
  Task<void> tell_all(std::stop_token stop);

  Loop& loop_;
  Store& store_;
  std::map<std::pair<std::string, std::string>, Watched> watched_;  // by channel and route
  std::map<Key, AlertView> standing_;
  std::deque<Notice> untold_;
  IdSource ids_;  // MSH-10
  Wakeup untold_some_;
};

}  // namespace myelin::runtime
