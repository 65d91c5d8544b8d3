// What a plan makes of one message before it is stored: the pure core of intake (steps 3 to 5 of intake.h). Nothing
// here writes, waits or looks at a clock; of the store it has the keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/crypto.h"
#include "engine/hl7/habit.h"
#include "engine/model/plan.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// Steps 3 and 4, and the names that the message bears.
struct Examined {
  std::optional<Fault> refused;
  std::optional<Body> body;
  Sha256 fingerprint{};       // zero: never a duplicate
  std::size_t sender_id = 0;  // DuplicateWindow::sender_id
  std::vector<hl7::Habit> habits;
};
// What two messages have in common when the second is a duplicate; zero: never. Without `body` the bytes are read.
Sha256 fingerprint_of(const Plan& plan, const Bytes& bytes, const Body* body);
// The same of the values at these places.
Sha256 fingerprint_of(const KeyReader& fields, const Body& body);
Examined examine(const Plan& plan, Message& message, Context& context);

// Steps 4 (the shared steps) and 5.
struct Decision {
  std::optional<Fault> refused;  // of a shared step; it waits "not yet routed", unless the channel refuses faults
  std::string filtered;          // reason of a drop; "no route" when no route wanted it
  std::vector<NewDelivery> deliveries;
};
std::optional<Fault> check_accept(const Plan& plan, const Body& body, Context& context);
Decision decide(const Plan& plan, Body body, Context& context, const Store& store);

}  // namespace myelin::runtime
