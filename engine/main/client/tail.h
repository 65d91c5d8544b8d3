// Tail: what `myelin tail` has shown, so that of each look at the daemon only the news is shown. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/fhir/json.h"
#include "engine/main/console.h"

namespace myelin {

class Tail {
 public:
  // A message and its deliveries as the API shows them: what is new in them. Messages come in the order of their ids
  // the first time; of those that were not finished then, again.
  //   {at, what: received | delivery, id, channel, type, control_id, peer, duplicate_of, delivery}
  std::vector<json::Value> take(const json::Value& message, const json::Value& deliveries);
  void forget(const std::string& id) { known_.erase(id); }

  // Those that were not finished when they were seen last, the oldest first; no more than 50.
  std::vector<std::string> followed() const;
  const std::string& newest() const { return newest_; }  // id of a message; empty before the first

 private:
  std::map<std::string, std::map<std::string, std::string>> known_;  // message -> delivery -> how it was shown
  std::string newest_;
};

// One event as a line.
std::string tail_text(const json::Value& event, const Console& console);

}  // namespace myelin
