#include "engine/admin/views.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <set>

#include "engine/base/event.h"
#include "engine/model/facts.h"

namespace myelin::admin {
namespace {

using json::Array;
using json::Object;
using json::Value;

Value text_or_null(std::string_view text) { return text.empty() ? Value() : Value(text); }
Value time_or_null(WallTime time) { return time == WallTime{} ? Value() : Value(timestamp(time)); }

std::string_view title_of(std::string_view fault) {
  const auto* known = find_fault(fault);
  return known ? known->title : std::string_view();
}

// What waits in one lane, by state.
struct Tally {
  std::array<std::int64_t, kStates.size()> count{};
  std::optional<WallTime> oldest;

  void add(const LaneCount& row) {
    count[static_cast<std::size_t>(row.state)] += row.count;
    if (row.count > 0 && (!oldest || row.oldest < *oldest)) oldest = row.oldest;
  }
  std::int64_t of(State state) const { return count[static_cast<std::size_t>(state)]; }
  std::int64_t all() const {
    std::int64_t sum = 0;
    for (const auto one : count) sum += one;
    return sum;
  }
};
using Tallies = std::map<LaneKey, Tally>;

Tallies tallies_of(const Counts& counts) {
  Tallies tallies;
  for (const auto& row : counts.lanes) tallies[row.lane].add(row);
  return tallies;
}

Value stop_view(const LaneStop& stop) {
  Value view;
  view.set("since", timestamp(stop.since)).set("reason", stop.reason).set("by", stop.by);
  return view;
}

Value habits_view(const runtime::HabitCounts& habits) {
  Value view{Object{}};
  for (const auto& [name, count] : habits) view.set(name, count);
  return view;
}

Array peer_views(const std::vector<runtime::PeerView>& peers) {
  Array all;
  for (const auto& peer : peers) {
    Value view;
    view.set("peer", peer.peer).set("messages", peer.messages).set("habits", habits_view(peer.habits));
    all.push_back(std::move(view));
  }
  return all;
}

Value lane_view(const runtime::LaneView& lane, const Tally& tally) {
  Value view;
  view.set("route", lane.lane.route).set("key", lane.lane.key).set("destination", lane.destination);
  view.set("no_route", lane.no_route);
  view.set("waiting", tally.of(State::queued) + tally.of(State::sending));
  for (const auto state : {State::awaiting_reply, State::parked, State::held})
    view.set(name_of(state), tally.of(state));
  view.set("oldest", tally.oldest ? time_or_null(*tally.oldest) : Value());
  view.set("in_flight", lane.in_flight).set("behind", lane.behind).set("in_memory", lane.in_memory);
  view.set("stopped", lane.stopped ? stop_view(*lane.stopped) : Value());
  view.set("peer_down", lane.peer_down).set("probe_at", lane.probe_at ? time_or_null(*lane.probe_at) : Value());
  view.set("paced_until", lane.paced_until ? time_or_null(*lane.paced_until) : Value());
  view.set("opens_at", lane.opens_at ? time_or_null(*lane.opens_at) : Value());
  view.set("collected", lane.collected).set("goes_at", lane.goes_at ? time_or_null(*lane.goes_at) : Value());
  view.set("head", lane.head ? Value(to_string(*lane.head)) : Value());
  view.set("head_attempts", lane.head_attempts);
  view.set("next_attempt", lane.next_attempt ? time_or_null(*lane.next_attempt) : Value());
  view.set("fault", text_or_null(lane.last_fault)).set("fault_title", text_or_null(title_of(lane.last_fault)));
  view.set("detail", text_or_null(lane.last_detail)).set("habits", habits_view(lane.habits));
  return view;
}

// How much a lane wants to be seen: stopped before failing before long.
auto trouble(const runtime::LaneView& lane, const Tallies& tallies) {
  const auto found = tallies.find(lane.lane);
  return std::tuple(lane.no_route, lane.stopped.has_value(), !lane.last_fault.empty(),
                    found == tallies.end() ? std::int64_t(0) : found->second.all(), lane.lane);
}

// Under the name of a route whose recipients a formula names stands what has no recipient yet.
bool has_no_route(const runtime::ChannelView& channel, const std::string& route) {
  const auto named = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, route) != names.end();
  };
  return !route.empty() && !named(channel.queues) && !named(channel.routes);
}

Value channel_view(const runtime::ChannelView& channel, const Tallies& tallies) {
  Value view;
  view.set("name", channel.name).set("about", text_or_null(channel.about)).set("state", channel.state);
  view.set("address", text_or_null(channel.address)).set("fault", text_or_null(channel.fault));
  view.set("place", text_or_null(channel.place)).set("hash", text_or_null(channel.hash));
  view.set("received", channel.received).set("committed", channel.committed).set("filtered", channel.filtered);
  view.set("refused", channel.refused).set("duplicates", channel.duplicates).set("delivered", channel.delivered);

  auto lanes = channel.lanes;
  std::set<LaneKey> running;
  for (const auto& lane : lanes) running.insert(lane.lane);
  for (const auto& [key, tally] : tallies) {  // of routes that a reload removed, or not yet routed
    if (key.channel != channel.name || running.contains(key)) continue;
    auto& lane = lanes.emplace_back();
    lane.lane = key;
    lane.no_route = has_no_route(channel, key.route);
  }
  const auto total = lanes.size();
  if (total > kMostLanes) {
    std::ranges::sort(lanes, std::greater(), [&](const auto& lane) { return trouble(lane, tallies); });
    lanes.resize(kMostLanes);
  }
  Array shown;
  for (const auto& lane : lanes) {
    const auto found = tallies.find(lane.lane);
    auto tally = found == tallies.end() ? Tally{} : found->second;
    if (!lane.lane.key.empty() && lane.stopped && lane.head)  // one key of a route: the tallies are of whole routes
      tally.add(LaneCount{lane.lane, State::held, 1, time_of(lane.head->message())});
    shown.push_back(lane_view(lane, tally));
  }
  view.set("lane_count", total).set("lanes", std::move(shown)).set("peers", peer_views(channel.peers));
  return view;
}

Value attempt_view(const Attempt& attempt) {
  Value view;
  view.set("delivery", to_string(attempt.id)).set("number", attempt.number).set("at", timestamp(attempt.at));
  view.set("fault", text_or_null(attempt.fault)).set("fault_title", text_or_null(title_of(attempt.fault)));
  view.set("detail", text_or_null(attempt.detail));
  return view;
}

}  // namespace

std::string timestamp(WallTime time) {
  const auto ms = std::chrono::floor<milliseconds>(time);
  const auto whole = std::chrono::floor<seconds>(ms);
  const std::time_t since = whole.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&since, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (ms - whole).count());
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63U];
  }
  return out;
}

Value fault_view(const Fault& fault) {
  const auto& known = entry(fault.code);
  Value view;
  view.set("code", known.id).set("name", known.name).set("title", known.title).set("detail", fault.detail);
  if (!fault.at.empty()) view.set("at", fault.at);
  if (!fault.place.empty()) view.set("place", fault.place);
  view.set("explanation", known.explanation);
  return view;
}

Array channel_views(const std::vector<runtime::ChannelView>& channels, const Counts& counts) {
  const auto tallies = tallies_of(counts);
  Array all;
  std::set<std::string> seen;
  for (const auto& channel : channels) {
    all.push_back(channel_view(channel, tallies));
    seen.insert(channel.name);
  }
  for (const auto& [key, tally] : tallies) {
    if (!seen.insert(key.channel).second) continue;
    runtime::ChannelView removed;
    removed.name = key.channel;
    removed.state = "removed";
    all.push_back(channel_view(removed, tallies));
  }
  return all;
}

Value status_view(const EngineFacts& engine, const std::vector<runtime::ChannelView>& channels, const Counts& counts,
                  const DiskRoom& room) {
  Value facts;
  facts.set("version", engine.version)
      .set("started_at", timestamp(engine.started_at))
      .set("now", timestamp(engine.now));
  facts.set("uptime_s", std::chrono::floor<seconds>(engine.uptime).count());
  Tally unfinished;
  for (const auto& row : counts.lanes) unfinished.add(row);
  Value store;
  store.set("messages", counts.messages).set("filtered", counts.filtered).set("refused", counts.refused);
  store.set("unfinished", unfinished.all());
  for (const auto& state : kStates)
    if (!state.finished && state.state != State::sending) store.set(state.name, unfinished.of(state.state));
  store.set("oldest", unfinished.oldest ? time_or_null(*unfinished.oldest) : Value());
  Value disk;
  disk.set("free", room.free).set("reserve", room.reserve).set("refuses", room.refuses());
  store.set("disk", std::move(disk));
  Value events{Object{}};
  for (const auto& event : event_counts()) events.set(event.name, event.count);
  Value view;
  view.set("engine", std::move(facts)).set("store", std::move(store));
  view.set("channels", channel_views(channels, counts)).set("events", std::move(events));
  return view;
}

Value retention_view(const std::vector<Kept>& kept, const runtime::PurgeView& purges) {
  Kept all;
  Value channels{Object{}};
  for (const auto& each : kept) {
    Value channel;
    channel.set("messages", each.messages).set("bytes", each.bytes);
    channels.set(each.channel, std::move(channel));
    all.messages += each.messages;
    all.bytes += each.bytes;
  }
  Value view;
  view.set("messages", all.messages).set("bytes", all.bytes).set("channels", std::move(channels));
  view.set("file_bytes", purges.space.used + purges.space.free).set("file_free", purges.space.free);
  view.set("purged", purges.messages).set("purged_bytes", purges.bytes).set("purged_incidents", purges.incidents);
  view.set("returned_bytes", purges.returned);
  view.set("last_pass", purges.last_pass ? time_or_null(*purges.last_pass) : Value());
  view.set("fault", text_or_null(purges.fault));
  return view;
}

Value delivery_view(const Delivery& delivery, const std::optional<runtime::Waits>& waits) {
  Value view;
  view.set("id", to_string(delivery.id)).set("message", to_string(delivery.id.message()));
  view.set("channel", delivery.lane.channel).set("route", delivery.lane.route).set("key", delivery.lane.key);
  view.set("part", delivery.piece.part).set("parts", delivery.piece.parts).set("also", delivery.piece.also);
  view.set("state", name_of(delivery.state)).set("attempts", delivery.attempts);
  view.set("received_at", timestamp(time_of(delivery.id.message())))
      .set("changed_at", time_or_null(delivery.changed_at));
  view.set("due", time_or_null(delivery.due)).set("possible_duplicate", delivery.possible_duplicate);
  view.set("priority", name_of(delivery.priority));
  view.set("fault", text_or_null(delivery.fault)).set("fault_title", text_or_null(title_of(delivery.fault)));
  view.set("detail", text_or_null(delivery.detail));
  view.set("waits", waits ? waits_view(*waits, delivery.lane) : Value());
  return view;
}

Value trace_view(const Trace& trace, Content content, const SentBytes& sent, const Waiting& waits) {
  const auto& message = trace.message;
  Value envelope;
  envelope.set("id", to_string(message.id))
      .set("channel", message.channel)
      .set("received_at", timestamp(message.received_at));
  envelope.set("peer", message.peer).set("control_id", message.control_id).set("type", message.type);
  envelope.set("size", message.bytes.size()).set("routed", trace.routed);
  envelope.set("duplicate_of", trace.duplicate_of ? Value(to_string(*trace.duplicate_of)) : Value());
  envelope.set("incident", trace.incident ? Value(to_string(*trace.incident)) : Value());
  Array deliveries, attempts;
  for (std::size_t at = 0; at < trace.deliveries.size(); ++at) {
    const auto& delivery = trace.deliveries[at];
    auto one = delivery_view(delivery, at < waits.size() ? waits[at] : std::nullopt);
    const auto bytes = sent.find(delivery.id);
    if (bytes != sent.end() && content == Content::shown) one.set("sent", base64(bytes->second.view()));
    deliveries.push_back(std::move(one));
  }
  for (const auto& attempt : trace.attempts) attempts.push_back(attempt_view(attempt));
  Value view;
  view.set("message", std::move(envelope))
      .set("deliveries", std::move(deliveries))
      .set("attempts", std::move(attempts));
  if (trace.reply) {
    Value reply;
    reply.set("at", timestamp(trace.reply->at)).set("size", trace.reply->bytes.size());
    if (content == Content::shown) reply.set("bytes", base64(trace.reply->bytes.view()));
    view.set("reply", std::move(reply));
  }
  Array answers;
  for (const auto& answer : trace.answers) {
    Value shown;
    shown.set("delivery", to_string(answer.id)).set("attempt", answer.attempt).set("at", timestamp(answer.at));
    shown.set("size", answer.bytes.size());
    if (content == Content::shown) shown.set("bytes", base64(answer.bytes.view()));
    answers.push_back(std::move(shown));
  }
  view.set("answers", std::move(answers));
  if (content == Content::shown) {
    view.set("bytes", base64(message.bytes.view()));
    Value facts{json::Object{}};
    for (const auto& [name, value] : all_facts(message.facts)) facts.set(name, value);
    if (!message.facts.empty()) view.set("facts", std::move(facts));
    view.set("note", "These bytes are patient data. That they were read is in the log.");
  }
  return view;
}

}  // namespace myelin::admin
