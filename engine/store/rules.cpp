#include "engine/store/rules.h"

#include <fmt/format.h>

#include "engine/base/crypto.h"
#include "engine/hl7/ack.h"

namespace myelin::store_rules {
namespace {

constexpr std::size_t kLongestType = 7, kLongestControlId = 64;

// Of bytes that were refused anything may be wrong. In a message whose fields are shifted anything stands where a type
// or an id should: neither is shown unless it has the form of one (decision 5).
std::string shown(std::string_view text, std::string_view signs, std::size_t longest) {
  const auto fits = [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || signs.find(c) != std::string_view::npos;
  };
  return text.size() <= longest && std::ranges::all_of(text, fits) ? std::string(text) : std::string();
}

}  // namespace

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
  if (from == to)
    return {FaultCode::wrong_state, fmt::format("delivery {} is {} already", to_string(id), name_of(from)), {}, {}};
  return {FaultCode::wrong_state,
          fmt::format("delivery {} is {} and cannot become {}", to_string(id), name_of(from), name_of(to)),
          {},
          {}};
}

Fault no_delivery(DeliveryId id) { return {FaultCode::not_found, "no delivery " + to_string(id), {}, {}}; }

Fault no_message(MessageId id) { return {FaultCode::not_found, "no message " + to_string(id), {}, {}}; }

Fault no_incident(MessageId id) { return {FaultCode::not_found, "no incident " + to_string(id), {}, {}}; }

Fault not_given_again(MessageId id) {
  return {FaultCode::wrong_state,
          fmt::format("incident {0} was given to its channel again meanwhile, or purged: myelin incidents {0}",
                      to_string(id)),
          {},
          {}};
}

HeaderOfIncident header_of(const Incident& incident) {
  const auto header = hl7::read_header(incident.bytes.view());
  if (!header) return {};
  return {shown(header->control_id, "-_.:/abcdefghijklmnopqrstuvwxyz", kLongestControlId),
          shown(header->type(), "^.", kLongestType)};
}

Fault id_taken(MessageId id) {
  return {FaultCode::bad_request, fmt::format("message {} is stored already", to_string(id)), {}, {}};
}

static std::string sentence(std::string_view what, const std::string& by, const std::string& reason) {
  return reason.empty() ? fmt::format("{} by {}", what, by) : fmt::format("{} by {}: {}", what, by, reason);
}

std::string by_person(State to, const std::string& by, const std::string& reason) {
  return sentence(name_of(to), by, reason);
}

std::string hurried_by(const std::string& by, const std::string& reason) { return sentence("tried now", by, reason); }

}  // namespace myelin::store_rules
