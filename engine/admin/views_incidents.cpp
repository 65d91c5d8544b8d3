// How the API shows what was refused.
#include "engine/admin/views.h"
#include "engine/model/facts.h"

namespace myelin::admin {
namespace {

using json::Array;
using json::Value;

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value row_of(const KeptIncident& kept) {
  const auto* fault = find_fault(kept.fault);
  Value view;
  view.set("id", to_string(kept.id)).set("channel", kept.channel).set("at", timestamp(kept.at)).set("peer", kept.peer);
  view.set("fault", kept.fault).set("fault_name", fault ? Value(fault->name) : Value());
  view.set("fault_title", fault ? Value(fault->title) : Value());
  view.set("detail", text_or_null(kept.detail)).set("place", text_or_null(kept.place));
  view.set("type", text_or_null(kept.type)).set("control_id", text_or_null(kept.control_id)).set("size", kept.size);
  view.set("whole", kept.whole);
  view.set("taken_as", kept.taken_as == MessageId{} ? Value() : Value(to_string(kept.taken_as)));
  view.set("note", text_or_null(kept.note));
  return view;
}

}  // namespace

Value incidents_view(const std::vector<KeptIncident>& page, int limit) {
  Array incidents;
  for (const auto& kept : page) incidents.push_back(row_of(kept));
  const bool more = !page.empty() && page.size() >= static_cast<std::size_t>(limit);
  Value view;
  view.set("incidents", std::move(incidents)).set("next", more ? Value(to_string(page.back().id)) : Value());
  return view;
}

Value incident_view(const KeptIncident& kept, Content content) {
  auto view = row_of(kept);
  const auto* fault = find_fault(kept.fault);
  view.set("explanation", fault ? Value(fault->explanation) : Value());
  if (content == Content::left_out) return view;
  view.set("bytes", base64(kept.bytes.view()));
  Value facts{json::Object{}};
  for (const auto& [name, value] : all_facts(kept.facts)) facts.set(name, value);
  if (!kept.facts.empty()) view.set("facts", std::move(facts));
  return view;
}

}  // namespace myelin::admin
