#include "engine/store/rules.h"

#include <fmt/format.h>

#include "engine/base/crypto.h"

namespace myelin::store_rules {

Result<void> check(const std::vector<NewDelivery>& deliveries, int first_ordinal) {
  if (deliveries.size() + static_cast<std::size_t>(first_ordinal) > kDeliveriesPerMessage)
    return fail(FaultCode::bad_request, fmt::format("a message has at most {} deliveries", kDeliveriesPerMessage));
  for (const auto& delivery : deliveries)
    if (!may_begin_as(delivery.state))
      return fail(FaultCode::bad_request, fmt::format("a delivery cannot begin as {}", name_of(delivery.state)));
  return {};
}

bool concerns(const PurgeStep& step, std::string_view channel) {
  return (std::ranges::find(step.channels, channel) != step.channels.end()) != step.of_others;
}

Result<void> check_replace(DeliveryId id, int first_ordinal, const std::vector<NewDelivery>& deliveries) {
  if (first_ordinal <= id.ordinal())
    return fail(FaultCode::bad_request, "the place of a delivery comes before those that replace it");
  return check(deliveries, first_ordinal);
}

bool is_of_type(std::string_view wanted, std::string_view type) {
  if (wanted.ends_with("^*")) return type.starts_with(wanted.substr(0, wanted.size() - 1));
  return wanted.empty() || wanted == type;
}

std::string key_of(std::string_view secret, std::string_view value) {
  std::string both(secret);
  both.append(value);
  return hex(sha256(both)).substr(0, 16);
}

Fault wrong_state(DeliveryId id, State from, State to) {
  return {FaultCode::wrong_state,
          fmt::format("delivery {} is {} and cannot become {}", to_string(id), name_of(from), name_of(to)),
          {},
          {}};
}

Fault no_delivery(DeliveryId id) { return {FaultCode::not_found, "no delivery " + to_string(id), {}, {}}; }

Fault no_message(MessageId id) { return {FaultCode::not_found, "no message " + to_string(id), {}, {}}; }

Fault id_taken(MessageId id) {
  return {FaultCode::bad_request, fmt::format("message {} is stored already", to_string(id)), {}, {}};
}

std::string by_person(State to, const std::string& by, const std::string& reason) {
  return reason.empty() ? fmt::format("{} by {}", name_of(to), by)
                        : fmt::format("{} by {}: {}", name_of(to), by, reason);
}

}  // namespace myelin::store_rules
