// Observation: what one channel does with one message, decision by decision and field by field, taken down while a
// Rehearsal runs it. `myelin try` shows it; nothing is sent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/main/workbench/message_diff.h"
#include "engine/main/workbench/rehearsal.h"

namespace myelin {

struct SeenStep {
  std::string name;       // "set"
  std::string place;      // "conf/channels/adt.yaml:21:9"
  int depth = 0;          // inside how many other steps (each, if, use)
  bool skipped = false;   // its `when` was false
  bool compound = false;  // holds other steps; the changes stand with those
  std::vector<FieldChange> changes;
  std::vector<std::string> notes;  // "OBX[1]-13 has no place in the map"
  Verdict verdict;
};

// One attempt's steps of one delivery of a route; a part, where it splits.
struct SeenDelivery {
  DeliveryId id;
  std::vector<SeenStep> steps;
  std::optional<Delivery> delivery;
  std::optional<Bytes> sent;  // what the peer would get
};

struct SeenRoute {
  std::string name;
  std::string destination;
  std::string place;
  std::string when;      // as typed in the file; empty: always
  bool decided = false;  // false: the message never came so far
  bool wanted = false;
  bool on_demand = false;  // a recipient that only messages name
  std::vector<SeenDelivery> deliveries;
};

struct Observation {
  std::string channel;
  std::vector<SeenStep> checks;   // of accept
  std::vector<SeenStep> steps;    // the shared ones
  std::vector<SeenRoute> routes;  // in the order of the file; of a `to` that names several, one for each
  std::string reply_from;         // the route whose peer answers the sender
  Rehearsed result;
};

// `facts`: Message::facts.
Result<Observation> observe(const Plan& plan, std::string message, std::string facts = {});

}  // namespace myelin
