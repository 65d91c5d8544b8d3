// The routes of the API about stored messages: find them, send them again, copy all of them. Values that are searched
// for stand in the body of a POST, never in a path, and in no log: they are patients' numbers.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/admin/api.h"
#include "engine/admin/reading.h"
#include "engine/admin/views.h"
#include "engine/base/event.h"

namespace myelin::admin {
namespace {

using json::Value;

Result<void> read_keys(const Value& keys, SearchQuery& query) {
  if (keys.is_null()) return {};
  if (!keys.object()) return fail(FaultCode::bad_request, "it is a map of names and values", "keys");
  for (const auto& member : *keys.object()) {
    if (!member.value.text() || member.value.text_or("").empty())
      return fail(FaultCode::bad_request, "each value is a text", "keys");
    query.keys.push_back({member.key, member.value.text_or("")});
  }
  return {};
}

constexpr auto kFollows = minutes(10);

struct Search {
  SearchQuery query;
  MessageId above;  // {}: all; else only newer ones, for who follows what comes
};

Result<Search> read_search(const net::HttpRequest& request) {
  auto body = json::read(request.body);
  if (!body) return fail(body);
  if (!body->object()) return fail(FaultCode::bad_request, "the body must be a JSON object");
  constexpr std::array<std::string_view, 9> kKnown = {"channel", "type",  "state", "since", "until",
                                                      "below",   "above", "limit", "keys"};
  for (const auto& member : *body->object())
    if (std::ranges::find(kKnown, member.key) == kKnown.end())
      return fail(FaultCode::bad_request, "a search has no member of that name", member.key.substr(0, 40));
  Search asked;
  auto& query = asked.query;
  query.channel = (*body)["channel"].text_or("");
  query.type = (*body)["type"].text_or("");
  if (const auto state = (*body)["state"].text_or(""); !state.empty()) {
    query.state = parse_state(state);
    if (!query.state) return fail(FaultCode::bad_request, "there is no state of that name", "state");
  }
  auto since = read_time((*body)["since"].text_or(""), "since");
  auto until = read_time((*body)["until"].text_or(""), "until");
  if (!since) return fail(since);
  if (!until) return fail(until);
  query.since = *since;
  query.until = *until;
  if (const auto below = (*body)["below"].text_or(""); !below.empty()) {
    const auto id = parse_message_id(below);
    if (!id) return fail(FaultCode::bad_request, "it is not the id of a message", "below");
    query.below = *id;
  }
  if (const auto above = (*body)["above"].text_or(""); !above.empty()) {
    const auto id = parse_message_id(above);
    if (!id) return fail(FaultCode::bad_request, "it is not the id of a message", "above");
    asked.above = *id;
    query.since = std::max(query.since, time_of(*id));
  }
  query.limit = static_cast<int>((*body)["limit"].integer_or(50));
  if (query.limit < 1 || query.limit > kMostListed)
    return fail(FaultCode::bad_request, "the limit is a number from 1 to 1000", "limit");
  if (auto keys = read_keys((*body)["keys"], query); !keys) return fail(keys);
  return asked;
}

// A key that no channel has would find nothing, whatever is there.
Result<void> check_keys(const SearchQuery& query, const std::vector<runtime::ChannelView>& channels) {
  const bool all = query.channel.empty();
  std::set<std::string> known;
  for (const auto& channel : channels)
    if (all || channel.name == query.channel) known.insert(channel.index.begin(), channel.index.end());
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
  for (const auto& key : query.keys) {
    if (key.name == kControlId || known.contains(key.name)) continue;
    const auto whose = all ? std::string("no channel has") : "the channel " + query.channel + " does not have";
    return fail(
        FaultCode::bad_request,
        whose + " the index '" + key.name.substr(0, 40) + "'; " +
            (names.empty() ? "a channel names what its messages are found by under `index`" : "there is " + names));
  }
  return {};
}

}  // namespace

Api::Answer Api::search(Call call) {
  const auto asked = read_search(call.request);
  if (!asked) co_return refusal(asked.error());
  const auto channels = co_await operations_.view();
  if (const auto known = check_keys(asked->query, channels); !known) co_return refusal(known.error());
  auto page = co_await operations_.search(asked->query);
  if (!page) co_return refusal(page.error());
  const bool runs = std::ranges::find(channels, asked->query.channel, &runtime::ChannelView::name) != channels.end();
  if (page->messages.empty() && !asked->query.channel.empty() && !runs) {
    auto checking = check_stored(asked->query.channel);
    const auto known = co_await checking;
    if (!known) co_return refusal(known.error());
  }
  std::erase_if(page->messages, [&](const Found& found) { return found.message.id <= asked->above; });
  std::string names;
  for (const auto& key : asked->query.keys) names += (names.empty() ? "" : ",") + key.name;
  // Who follows what comes now is in the log once, at the beginning; who reads back is there each time.
  const auto fresh = [&](const Found& found) { return found.message.received_at > loop_.wall() - kFollows; };
  const bool goes_on = asked->above.value > 0 && names.empty() && std::ranges::all_of(page->messages, fresh);
  if (!goes_on)
    emit(EventKind::operator_action, {{Label::verb, "search"},
                                      {Label::user, std::string_view(call.person.name)},
                                      {Label::reason, std::string_view(names.empty() ? "envelope" : names)},
                                      {Label::count, static_cast<std::int64_t>(page->messages.size())}});
  co_return respond(200, search_view(*page));
}

// A channel that was removed may have messages.
Task<Result<void>> Api::check_stored(std::string channel) {
  if (operations_.kept) {
    const auto kept = co_await operations_.kept();
    if (!kept) co_return fail(Fault(kept.error()));
    if (std::ranges::find(*kept, channel, &Kept::channel) != kept->end()) co_return Result<void>();
  }
  auto checking = check_known(std::move(channel), "");
  co_return co_await checking;
}

Api::Answer Api::replay(Call call) {
  const auto id = parse_message_id(call.captured.front());
  if (!id) co_return refusal(Fault{FaultCode::bad_request, "it is not the id of a message", {}, {}});
  const auto body = read_members(call.request, {"reason", "route"});
  if (!body) co_return refusal(body.error());
  auto reason = read_reason(*body);
  if (!reason) co_return refusal(reason.error());
  auto person = call.person;
  person.reason = std::move(*reason);
  const auto route = (*body)["route"].text_or("");
  const auto deliveries = co_await operations_.replay(*id, route, person);
  if (!deliveries) co_return refusal(deliveries.error());
  const auto text = to_string(*id);
  emit(EventKind::operator_action, {{Label::verb, "replay"},
                                    {Label::user, std::string_view(person.name)},
                                    {Label::message, std::string_view(text)},
                                    {Label::count, static_cast<std::int64_t>(*deliveries)}});
  Value done;
  done.set("message", text).set("done", "replay").set("deliveries", *deliveries);
  done.set("by", person.name).set("reason", person.reason);
  co_return respond(200, done);
}

Api::Answer Api::backup(Call call) {
  const auto body = read_members(call.request, {"directory"});
  if (!body) co_return refusal(body.error());
  const auto directory = (*body)["directory"].text_or("");
  if (!directory.starts_with("/"))
    co_return refusal(Fault{FaultCode::bad_request, "an absolute directory on the engine's machine", "directory", {}});
  const auto began = loop_.mono();
  const auto backup = co_await operations_.backup(directory);
  if (!backup) co_return refusal(backup.error());
  const auto took = std::chrono::duration_cast<milliseconds>(loop_.mono() - began).count();
  emit(EventKind::store_backed_up, {{Label::file, std::string_view(backup->file)},
                                    {Label::user, std::string_view(call.person.name)},
                                    {Label::bytes, backup->bytes},
                                    {Label::ms, static_cast<std::int64_t>(took)}});
  Value done;
  done.set("file", backup->file).set("bytes", backup->bytes).set("sha256", backup->sha256).set("ms", took);
  co_return respond(200, done);
}

}  // namespace myelin::admin
