// The routes of the API about what was refused: find it, look at it, give it to its channel again.
#include <utility>

#include "engine/admin/api.h"
#include "engine/admin/reading.h"
#include "engine/admin/views.h"
#include "engine/base/event.h"

namespace myelin::admin {
namespace {

using json::Value;

Result<IncidentFilter> read_filter(const net::HttpRequest& request) {
  if (auto known = check_query(request, {"channel", "control_id", "since", "until", "below", "limit"}); !known)
    return fail(known);
  IncidentFilter filter;
  filter.channel = parameter(request, "channel");
  filter.control_id = parameter(request, "control_id");
  auto since = read_time(parameter(request, "since"), "since");
  auto until = read_time(parameter(request, "until"), "until");
  if (!since) return fail(since);
  if (!until) return fail(until);
  filter.since = *since;
  filter.until = *until;
  if (const auto below = parameter(request, "below"); !below.empty()) {
    const auto id = parse_message_id(below);
    if (!id) return fail(FaultCode::bad_request, "it is not the id of an incident", "below");
    filter.below = *id;
  }
  auto limit = read_limit(request, filter.limit);
  if (!limit) return fail(limit);
  filter.limit = *limit;
  return filter;
}

Fault no_id() { return {FaultCode::bad_request, "it is not the id of an incident", {}, {}}; }

std::string_view name_of(Receipt::Kind kind) {
  if (kind == Receipt::Kind::refused) return "refused";
  return kind == Receipt::Kind::duplicate ? "duplicate" : "committed";
}

}  // namespace

Api::Answer Api::incidents(Call call) {
  const auto filter = read_filter(call.request);
  if (!filter) co_return refusal(filter.error());
  const auto found = co_await operations_.incidents(*filter);
  if (!found) co_return refusal(found.error());
  if (found->empty() && !filter->channel.empty()) {
    const std::string any_route;
    const auto known = co_await check_known(filter->channel, any_route);
    if (!known) co_return refusal(known.error());
  }
  co_return respond(200, incidents_view(*found, filter->limit));
}

Api::Answer Api::incident(Call call) {
  if (auto known = check_query(call.request, {"bytes"}); !known) co_return refusal(known.error());
  const auto id = parse_message_id(call.captured.front());
  if (!id) co_return refusal(no_id());
  const auto kept = co_await operations_.incident(*id);
  if (!kept) co_return refusal(kept.error());
  const auto content = parameter(call.request, "bytes") == "1" ? Content::shown : Content::left_out;
  if (content == Content::shown) {
    const auto text = to_string(*id);
    emit(EventKind::operator_action, {{Label::verb, "read"},
                                      {Label::user, std::string_view(call.person.name)},
                                      {Label::incident, std::string_view(text)}});
  }
  co_return respond(200, incident_view(*kept, content));
}

Api::Answer Api::give_again(Call call) {
  const auto id = parse_message_id(call.captured.front());
  if (!id) co_return refusal(no_id());
  const auto body = read_members(call.request, {"reason", "route"});
  if (!body) co_return refusal(body.error());
  auto reason = read_reason(*body);
  if (!reason) co_return refusal(reason.error());
  if (!(*body)["route"].text_or("").empty()) {
    Fault whole{FaultCode::bad_request, "what was refused goes to its channel, which routes it: leave it out", {}, {}};
    whole.at = "route";
    co_return refusal(whole);
  }
  auto person = call.person;
  person.reason = std::move(*reason);
  const auto receipt = co_await operations_.give_again(*id, person);
  if (!receipt) co_return refusal(receipt.error());
  const auto incident = to_string(*id);
  const bool stored = receipt->kind != Receipt::Kind::refused;
  const auto message = stored ? to_string(receipt->id) : std::string("none");
  const auto answer = name_of(receipt->kind);
  emit(EventKind::operator_action, {{Label::verb, "replay"},
                                    {Label::user, std::string_view(person.name)},
                                    {Label::incident, std::string_view(incident)},
                                    {Label::state, answer},
                                    {Label::message, std::string_view(message)}});
  Value done;
  done.set("incident", incident).set("done", "replay").set("answer", answer);
  done.set("message", stored ? Value(message) : Value());
  done.set("error", !stored && receipt->fault ? fault_view(*receipt->fault) : Value());
  done.set("by", person.name).set("reason", person.reason);
  co_return respond(200, done);
}

}  // namespace myelin::admin
