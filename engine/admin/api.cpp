// Flow of a request: 1 find the route by path, then by method · 2 name the person · 3 read what the handler needs
// (strictly: an unknown parameter is a mistake, not a filter that filters nothing) · 4 ask the engine · 5 show.
#include "engine/admin/api.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "engine/admin/reading.h"
#include "engine/admin/views.h"
#include "engine/base/event.h"

namespace myelin::admin {
namespace {

using json::Value;
using net::HttpRequest;
using net::HttpResponse;

// The parts of `path` that stand where `pattern` has {…}; nothing when the path is another.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> captured;
  while (!pattern.empty() && !path.empty()) {
    const auto expected = pattern.substr(0, pattern.find('/', 1));
    const auto segment = path.substr(0, path.find('/', 1));
    pattern.remove_prefix(expected.size());
    path.remove_prefix(segment.size());
    if (!expected.starts_with("/{")) {
      if (expected != segment) return std::nullopt;
      continue;
    }
    if (segment.size() < 2) return std::nullopt;
    captured.emplace_back(segment.substr(1));
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return captured;
}

Result<QueueFilter> queue_filter(const HttpRequest& request) {
  if (auto known = check_query(request, {"channel", "route", "state", "after", "limit"}); !known) return fail(known);
  QueueFilter filter;
  filter.channel = parameter(request, "channel");
  filter.route = parameter(request, "route");
  if (const auto name = parameter(request, "state"); !name.empty()) {
    filter.state = parse_state(name);
    if (!filter.state) return fail(FaultCode::bad_request, "there is no state of that name", "state");
  }
  if (const auto after = parameter(request, "after"); !after.empty()) {
    const auto id = parse_delivery_id(after);
    if (!id) return fail(FaultCode::bad_request, "it is not the id of a delivery", "after");
    filter.after = *id;
  }
  auto limit = read_limit(request, filter.limit);
  if (!limit) return fail(limit);
  filter.limit = *limit;
  return filter;
}

bool sends(std::string_view verb) { return verb == "retry" || verb == "release"; }

}  // namespace

Result<void> check_query(const HttpRequest& request, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : request.query)
    if (std::ranges::find(known, name) == known.end())
      return fail(FaultCode::bad_request, "this path has no parameter of that name", name);
  return {};
}

std::string parameter(const HttpRequest& request, std::string_view name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

Result<int> read_limit(const HttpRequest& request, int otherwise) {
  const auto text = parameter(request, "limit");
  if (text.empty()) return otherwise;
  int limit = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, limit);
  if (error != std::errc{} || end != last || limit < 1 || limit > kMostListed)
    return fail(FaultCode::bad_request, "the limit is a number from 1 to 1000", "limit");
  return limit;
}

Result<WallTime> read_time(const std::string& text, std::string_view name) {
  if (text.empty()) return WallTime{};
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc{} && end == text.data() + text.size() && ms > 0) return WallTime(milliseconds(ms));
  return fail(FaultCode::bad_request, "it is not a time in milliseconds since 1970", std::string(name));
}

HttpResponse respond(int status, const Value& body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.headers.push_back({"Cache-Control", "no-store"});
  response.body = json::write(body);
  return response;
}

Result<Value> read_members(const HttpRequest& request, std::initializer_list<std::string_view> known) {
  auto body = json::read(request.body);
  if (!body) return fail(body);
  if (!body->object()) return fail(FaultCode::bad_request, "the body must be a JSON object");
  for (const auto& member : *body->object()) {
    if (std::ranges::find(known, member.key) == known.end())
      return fail(FaultCode::bad_request, "this request has no member of that name", member.key.substr(0, 40));
    if (!member.value.text()) return fail(FaultCode::bad_request, "it must be a string", member.key);
  }
  return std::move(*body);
}

Result<std::string> read_reason(const Value& body) {
  auto reason = body["reason"].text_or("");
  if (reason.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(FaultCode::bad_request, "a change needs a reason: it is kept with the delivery", "reason");
  if (reason.size() > kLongestReason)
    return fail(FaultCode::bad_request, "the reason is longer than 500 bytes", "reason");
  return reason;
}

HttpResponse refusal(const Fault& fault) {
  Value body;
  body.set("error", fault_view(fault));
  return respond(entry(fault.code).http_status, body);
}

auto Api::table() -> std::span<const Entry> {
  static constexpr auto kTable = std::to_array<Entry>({
      {"GET", "/api/v1", "this list", &Api::routes},
      {"GET", "/api/v1/status", "engine, store, channels with their lanes, events", &Api::status},
      {"GET", "/api/v1/live", "200 while the process turns", &Api::live},
      {"GET", "/api/v1/started", "200 once channels and lanes run, 503 before", &Api::started},
      {"GET", "/api/v1/ready",
       "200 while messages are taken; 503 with the reason before, while it stops, when the disk has reached its "
       "reserve and "
       "when the store failed; a peer that is down is no reason",
       &Api::ready},
      {"GET", "/api/v1/channels/{name}", "one channel with its lanes", &Api::channel},
      {"GET", "/api/v1/queue",
       "deliveries: ?channel= &route= &state= (else all unfinished) &after= &limit=", &Api::queue},
      {"GET", "/api/v1/messages/{id}", "envelope, deliveries, attempts; ?bytes=1 adds the content in base64",
       &Api::message},
      {"POST", "/api/v1/messages/search",
       "{channel, type, state, since, until, below, above, limit, keys: {name: value}}: messages, the newest first",
       &Api::search},
      {"POST", "/api/v1/messages/{id}/replay", "{reason, route}: sends it again as though it had come now",
       &Api::replay},
      {"GET", "/api/v1/incidents",
       "refused bytes that were kept, the newest first: ?channel= &control_id= &since= &until= &below= &limit=",
       &Api::incidents},
      {"GET", "/api/v1/incidents/{id}", "one of them; ?bytes=1 adds the content in base64", &Api::incident},
      {"POST", "/api/v1/incidents/{id}/replay", "{reason}: gives it to its channel again as though it had come now",
       &Api::give_again},
      {"POST", "/api/v1/backup", "{directory}: a copy of the store on the engine's machine", &Api::backup},
      {"POST", "/api/v1/deliveries/{id}/retry", "{reason}: parked or held becomes queued; queued goes now",
       &Api::retry},
      {"POST", "/api/v1/deliveries/{id}/hold", "{reason}: queued becomes held; its lane stops there", &Api::hold},
      {"POST", "/api/v1/deliveries/{id}/release", "{reason}: held becomes queued", &Api::release},
      {"POST", "/api/v1/deliveries/{id}/park", "{reason}: queued or held is set aside; its lane goes on", &Api::park},
      {"POST", "/api/v1/deliveries/{id}/discard", "{reason}: queued, held or parked is given up", &Api::discard},
      {"POST", "/api/v1/lanes/hold", "{channel, route, key, reason}: nothing of the lane goes out", &Api::hold_lane},
      {"POST", "/api/v1/lanes/release", "{channel, route, key, reason}: it goes on", &Api::release_lane},
      {"POST", "/api/v1/reload", "reads the configuration again; a mistake changes nothing", &Api::reload},
      {"GET", "/api/v1/configurations", "those that went live, the newest first", &Api::configurations},
      {"GET", "/api/v1/configurations/{number}", "one of them with its files; `running` is the one that runs",
       &Api::configuration},
      {"POST", "/api/v1/rollback", "{number, reason}: an earlier configuration runs, not the files, until a reload",
       &Api::rollback},
  });
  return kTable;
}

std::vector<RouteDoc> route_docs() {
  std::vector<RouteDoc> docs;
  for (const auto& route : Api::table()) docs.push_back({route.method, route.pattern, route.doc});
  return docs;
}

Api::Api(Loop& loop, Operations operations)
    : loop_(loop), operations_(std::move(operations)), started_at_(loop.wall()), started_(loop.mono()) {}

Task<HttpResponse> Api::handle(HttpRequest request) {
  std::string allowed;
  for (const auto& route : table()) {
    auto captured = match(route.pattern, request.path);
    if (!captured) continue;
    if (route.method != request.method) {
      allowed.append(allowed.empty() ? "" : ", ").append(route.method);
      continue;
    }
    Call call;
    call.captured = std::move(*captured);
    call.person.name = operations_.person ? operations_.person(request.peer) : request.peer;
    call.request = std::move(request);
    auto answer = (this->*route.run)(std::move(call));
    co_return co_await answer;
  }
  if (allowed.empty()) co_return refusal(Fault{FaultCode::no_such_page, {}, {}, {}});
  auto response = refusal(Fault{FaultCode::wrong_method, {}, {}, {}});
  response.headers.push_back({"Allow", allowed});
  co_return response;
}

Api::Answer Api::routes(Call /*call*/) {
  json::Array all;
  for (const auto& route : table()) {
    Value view;
    view.set("method", route.method).set("path", route.pattern).set("doc", route.doc);
    all.push_back(std::move(view));
  }
  Value body;
  body.set("routes", std::move(all));
  co_return respond(200, body);
}

Api::Answer Api::status(Call /*call*/) {
  const auto counts = co_await operations_.counts();
  if (!counts) co_return refusal(counts.error());
  const auto channels = co_await operations_.view();
  const EngineFacts facts{MYELIN_VERSION, started_at_, loop_.wall(), loop_.mono() - started_};
  const auto disk = operations_.disk_room ? operations_.disk_room() : DiskRoom();
  auto view = status_view(facts, channels, *counts, disk);
  if (operations_.history)
    if (const auto running = operations_.history->running()) view.set("configuration", configuration_view(*running));
  if (operations_.kept) {
    const auto kept = co_await operations_.kept();
    if (!kept) co_return refusal(kept.error());
    if (operations_.alerts) view.set("alerts", alerts_view(operations_.alerts()));
    view.set("retention", retention_view(*kept, operations_.purges ? operations_.purges() : runtime::PurgeView()));
  }
  co_return respond(200, view);
}

Api::Answer Api::channel(Call call) {
  const auto counts = co_await operations_.counts();
  if (!counts) co_return refusal(counts.error());
  const auto channels = co_await operations_.view();
  for (const auto& view : channel_views(channels, *counts))
    if (view["name"].text_or("") == call.captured.front()) co_return respond(200, view);
  auto checking = check_known(call.captured.front(), "");
  const auto known = co_await checking;
  co_return refusal(known ? Fault{FaultCode::not_found, "there is no channel of this name", {}, {}} : known.error());
}

Api::Answer Api::queue(Call call) {
  const auto filter = queue_filter(call.request);
  if (!filter) co_return refusal(filter.error());
  const auto deliveries = co_await operations_.list(*filter);
  if (!deliveries) co_return refusal(deliveries.error());
  if (deliveries->empty() && !filter->channel.empty()) {
    const auto known = co_await check_known(filter->channel, filter->route);
    if (!known) co_return refusal(known.error());
  }
  auto waiting = why(*deliveries);
  const auto waits = co_await waiting;
  json::Array shown;
  for (std::size_t at = 0; at < deliveries->size(); ++at) shown.push_back(delivery_view((*deliveries)[at], waits[at]));
  Value body;
  const bool more = !deliveries->empty() && deliveries->size() >= static_cast<std::size_t>(filter->limit);
  body.set("deliveries", std::move(shown)).set("next", more ? Value(to_string(deliveries->back().id)) : Value());
  co_return respond(200, body);
}

Api::Answer Api::message(Call call) {
  if (auto known = check_query(call.request, {"bytes"}); !known) co_return refusal(known.error());
  const auto id = parse_message_id(call.captured.front());
  if (!id) co_return refusal(Fault{FaultCode::bad_request, "it is not the id of a message", {}, {}});
  const auto trace = co_await operations_.trace(*id);
  if (!trace) co_return refusal(trace.error());
  const auto content = parameter(call.request, "bytes") == "1" ? Content::shown : Content::left_out;
  if (content == Content::shown) {
    const auto text = to_string(*id);
    emit(EventKind::operator_action, {{Label::verb, "read"},
                                      {Label::user, std::string_view(call.person.name)},
                                      {Label::message, std::string_view(text)}});
  }
  SentBytes sent;
  if (content == Content::shown)
    for (const auto& delivery : trace->deliveries) {
      const auto bytes = co_await operations_.sent(delivery.id);
      if (!bytes) co_return refusal(bytes.error());
      if (*bytes) sent.emplace(delivery.id, **bytes);
    }
  auto waiting = why(trace->deliveries);
  const auto waits = co_await waiting;
  co_return respond(200, trace_view(*trace, content, sent, waits));
}

Api::Answer Api::retry(Call call) { return change_delivery("retry", operations_.retry, std::move(call)); }
Api::Answer Api::hold(Call call) { return change_delivery("hold", operations_.hold, std::move(call)); }
Api::Answer Api::release(Call call) { return change_delivery("release", operations_.release, std::move(call)); }
Api::Answer Api::park(Call call) { return change_delivery("park", operations_.park, std::move(call)); }
Api::Answer Api::discard(Call call) { return change_delivery("discard", operations_.discard, std::move(call)); }
Api::Answer Api::hold_lane(Call call) { return change_lane("hold", operations_.hold_lane, std::move(call)); }
Api::Answer Api::release_lane(Call call) { return change_lane("release", operations_.release_lane, std::move(call)); }

// The reason is kept in the store and not logged: a person wrote it, and may have written a patient's name.
Api::Answer Api::change_delivery(std::string_view verb, const Operations::OnDelivery& change, Call call) {
  const auto id = parse_delivery_id(call.captured.front());
  if (!id) co_return refusal(Fault{FaultCode::bad_request, "it is not the id of a delivery", {}, {}});
  const auto body = read_members(call.request, {"reason"});
  if (!body) co_return refusal(body.error());
  auto reason = read_reason(*body);
  if (!reason) co_return refusal(reason.error());
  auto person = call.person;
  person.reason = std::move(*reason);
  if (sends(verb)) {
    auto checking = check_goes(*id);
    const auto goes = co_await checking;
    if (!goes) co_return refusal(goes.error());
  }
  const auto changed = co_await change(*id, person);
  if (!changed) co_return refusal(changed.error());
  const auto text = to_string(*id);
  emit(EventKind::operator_action,
       {{Label::verb, verb}, {Label::user, std::string_view(person.name)}, {Label::delivery, std::string_view(text)}});
  Value done;
  done.set("delivery", text).set("done", verb).set("by", person.name).set("reason", person.reason);
  co_return respond(200, done);
}

Api::Answer Api::change_lane(std::string_view verb, const Operations::OnLane& change, Call call) {
  const auto body = read_members(call.request, {"channel", "route", "key", "reason"});
  if (!body) co_return refusal(body.error());
  const LaneKey lane{(*body)["channel"].text_or(""), (*body)["route"].text_or(""), (*body)["key"].text_or("")};
  if (lane.channel.empty() || !body->has("route"))  // an empty route is named as such: it is "not yet routed"
    co_return refusal(Fault{FaultCode::bad_request, "a lane has a channel and a route", {}, {}});
  auto reason = read_reason(*body);
  if (!reason) co_return refusal(reason.error());
  const auto known = co_await check_known(lane.channel, lane.route);
  if (!known) co_return refusal(known.error());
  auto person = call.person;
  person.reason = std::move(*reason);
  if (sends(verb)) {
    auto checking = check_goes(lane);
    const auto goes = co_await checking;
    if (!goes) co_return refusal(goes.error());
  }
  const auto changed = co_await change(lane, person);
  if (!changed) co_return refusal(changed.error());
  emit(EventKind::operator_action, {{Label::verb, verb},
                                    {Label::user, std::string_view(person.name)},
                                    {Label::channel, std::string_view(lane.channel)},
                                    {Label::route, std::string_view(lane.route)}});
  Value done;
  done.set("channel", lane.channel).set("route", lane.route).set("key", lane.key);
  done.set("done", verb).set("by", person.name).set("reason", person.reason);
  co_return respond(200, done);
}

}  // namespace myelin::admin
