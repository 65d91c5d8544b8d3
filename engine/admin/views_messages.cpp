// How the API shows what was found, and what wants a person.
#include "engine/admin/views.h"

namespace myelin::admin {

using json::Array;
using json::Value;

Value search_view(const SearchPage& page) {
  Array messages;
  for (const auto& found : page.messages) {
    Value message;
    message.set("id", to_string(found.message.id)).set("channel", found.message.channel);
    message.set("received_at", timestamp(found.message.received_at)).set("type", found.message.type);
    message.set("control_id", found.message.control_id).set("peer", found.message.peer).set("size", found.size);
    Array deliveries;
    for (const auto& delivery : found.deliveries) {
      const auto whole = delivery_view(delivery);
      Value row;
      for (const auto* key : {"id", "route", "state", "changed_at", "fault", "fault_title"}) row.set(key, whole[key]);
      deliveries.push_back(std::move(row));
    }
    message.set("deliveries", std::move(deliveries));
    message.set("duplicate_of", found.duplicate_of ? Value(to_string(*found.duplicate_of)) : Value());
    messages.push_back(std::move(message));
  }
  Value view;
  view.set("messages", std::move(messages)).set("complete", page.complete);
  view.set("next", page.next.value > 0 ? Value(to_string(page.next)) : Value());
  return view;
}

Value alerts_view(const std::vector<runtime::AlertView>& alerts) {
  Array all;
  for (const auto& alert : alerts) {
    const auto kind = alert.rule.kind;
    Value view;
    view.set("channel", alert.channel).set("route", alert.route).set("severity", name_of(alert.rule.severity));
    view.set("alert", kind == AlertRule::Kind::oldest ? "oldest" : kind == AlertRule::Kind::parked ? "parked" : "held");
    view.set("count", alert.count).set("since", timestamp(alert.since)).set("oldest", timestamp(alert.oldest));
    view.set("notify", alert.rule.notify.empty() ? Value() : Value(alert.rule.notify));
    all.push_back(std::move(view));
  }
  return all;
}

}  // namespace myelin::admin
