#include "engine/store/memory/memory_tables.h"

#include <algorithm>

#include "engine/store/rules.h"

namespace myelin {

using store_rules::kAttemptsKept;

void MemoryStore::Tables::insert(MessageId message, int first_ordinal, std::vector<NewDelivery> fresh, WallTime at) {
  int ordinal = first_ordinal;
  for (auto& each : fresh) {
    const auto id = DeliveryId::of(message, ordinal++);
    Delivery row;
    row.id = id;
    row.lane = std::move(each.lane);
    row.piece = each.piece;
    row.state = each.state;
    row.priority = each.priority;
    row.fault = std::move(each.fault);
    row.detail = std::move(each.detail);
    row.changed_at = at;
    deliveries.emplace(id, std::move(row));
  }
}

Result<void> MemoryStore::Tables::append(NewMessage fresh) {
  if (refusing) return fail(*refusing);
  if (auto fits = store_rules::check(fresh.deliveries, 0); !fits) return fits;
  const auto id = fresh.message.id;
  const auto at = fresh.message.received_at;
  if (messages.contains(id)) return fail(store_rules::id_taken(id));
  const auto is_given_again = [&](const KeptIncident& each) {
    return each.id == fresh.given_again->incident && each.taken_as == MessageId{};
  };
  const auto incident = fresh.given_again ? std::ranges::find_if(incidents, is_given_again) : incidents.end();
  if (fresh.given_again && incident == incidents.end())
    return fail(store_rules::not_given_again(fresh.given_again->incident));
  if (fresh.settles)
    if (auto settled = settle(std::move(*fresh.settles), at); !settled) return settled;
  if (fresh.given_again) {
    incident->taken_as = id;
    incident->note = std::move(fresh.given_again->note);
  }
  last = std::max(last, id);
  if (fresh.asks) replies.emplace(id, std::nullopt);
  if (fresh.sequence) sequences[fresh.sequence->link] = fresh.sequence->number;
  const auto kept = store_rules::keeps_fingerprint(fresh) ? fresh.fingerprint : std::nullopt;
  messages.emplace(id, StoredMessage{std::move(fresh.message), !fresh.deliveries.empty(), fresh.duplicate_of, kept});
  insert(id, 0, std::move(fresh.deliveries), at);
  return {};
}

void MemoryStore::Tables::note(Attempt attempt) {
  auto& rows = attempts[attempt.id];
  rows.push_back(std::move(attempt));
  if (rows.size() > kAttemptsKept) rows.erase(rows.begin());
}

Result<void> MemoryStore::Tables::settle(Settlement settlement, WallTime at) {
  const auto found = deliveries.find(settlement.id);
  if (found == deliveries.end()) return fail(store_rules::no_delivery(settlement.id));
  auto& row = found->second;
  if (!store_rules::may_settle(row.state, settlement.to))
    return fail(store_rules::wrong_state(row.id, row.state, settlement.to));
  if (settlement.sequence) sequences[settlement.sequence->link] = settlement.sequence->number;
  if (finished(settlement.to) && !settlement.keep) rendered.erase(row.id);
  if (settlement.rendered) rendered[row.id] = *settlement.rendered;
  if (settlement.answer) answers[row.id] = PeerAnswer{row.id, settlement.attempts, at, *settlement.answer};
  if (!settlement.fault.empty()) note(Attempt{row.id, settlement.attempts, at, settlement.fault, settlement.detail});
  row.state = settlement.to;
  row.due = settlement.due;
  row.attempts = settlement.attempts;
  row.possible_duplicate = row.possible_duplicate || settlement.possible_duplicate;
  row.fault = std::move(settlement.fault);
  row.detail = std::move(settlement.detail);
  row.changed_at = at;
  return {};
}

Result<void> MemoryStore::Tables::change(DeliveryId id, State to, const std::string& reason, const std::string& by,
                                         WallTime at) {
  const auto found = deliveries.find(id);
  if (found == deliveries.end()) return fail(store_rules::no_delivery(id));
  auto& row = found->second;
  if (!store_rules::may_change(row.state, to)) return fail(store_rules::wrong_state(id, row.state, to));
  note(Attempt{id, row.attempts, at, {}, store_rules::by_person(to, by, reason)});
  const bool again = to == State::queued;
  if (to != State::held) rendered.erase(id);
  if (again) row.attempts = 0;
  row.due = again ? at : WallTime{};
  row.state = to;
  row.fault.clear();
  row.detail = again ? std::string() : reason;
  row.changed_at = at;
  return {};
}

Result<void> MemoryStore::Tables::hurry(DeliveryId id, const std::string& reason, const std::string& by, WallTime at) {
  const auto found = deliveries.find(id);
  if (found == deliveries.end()) return fail(store_rules::no_delivery(id));
  const auto& row = found->second;
  if (row.state != State::queued) return fail(store_rules::wrong_state(id, row.state, State::sending));
  note(Attempt{id, row.attempts, at, {}, store_rules::hurried_by(by, reason)});
  return {};
}

Result<void> MemoryStore::Tables::replace(DeliveryId id, int first_ordinal, std::vector<NewDelivery> fresh,
                                          WallTime at) {
  if (auto fits = store_rules::check_replace(id, first_ordinal, fresh); !fits) return fits;
  const auto found = deliveries.find(id);
  if (found == deliveries.end()) return fail(store_rules::no_delivery(id));
  auto& row = found->second;
  if (row.state != State::queued) return fail(store_rules::wrong_state(id, row.state, State::filtered));
  if (fresh.empty()) {
    Settlement nothing;
    nothing.id = id;
    nothing.to = State::filtered;
    nothing.attempts = row.attempts;
    return settle(std::move(nothing), at);
  }
  const auto first = DeliveryId::of(id.message(), first_ordinal);
  const auto end = DeliveryId{first.value + static_cast<std::int64_t>(fresh.size())};
  if (const auto next = deliveries.lower_bound(first); next != deliveries.end() && next->first < end)
    return fail(FaultCode::bad_request, "the message has further deliveries already");
  rendered.erase(id);
  deliveries.erase(found);
  insert(id.message(), first_ordinal, std::move(fresh), at);
  return {};
}

Result<void> MemoryStore::Tables::adopt(const LaneKey& from, const LaneKey& to) {
  const auto renamed = [&](LaneKey& lane) {
    lane.channel = to.channel;
    lane.route = to.route;
  };
  const auto is_from = [&](const LaneKey& lane) { return lane.channel == from.channel && lane.route == from.route; };
  for (auto& [id, row] : deliveries)
    if (!finished(row.state) && is_from(row.lane)) renamed(row.lane);
  std::map<LaneKey, LaneStop> moved;
  std::erase_if(stops, [&](const auto& stop) {
    if (!is_from(stop.first)) return false;
    auto copy = stop.second;
    renamed(copy.lane);
    moved.emplace(copy.lane, copy);
    return true;
  });
  for (auto& [lane, stop] : moved) stops.insert_or_assign(lane, std::move(stop));
  if (const auto old = doubts.extract(from)) doubts[to] = std::max(doubts[to], old.mapped());
  return {};
}

void MemoryStore::Tables::doubt_lanes() {
  for (const auto& [id, row] : deliveries)
    if (row.state == State::queued) doubts[LaneKey{row.lane.channel, row.lane.route, {}}] = id;
}

void MemoryStore::Tables::doubt(const std::vector<Doubtful>& rows) {
  for (const auto& each : rows) {
    const auto found = deliveries.find(each.id);
    if (found == deliveries.end()) continue;
    auto& row = found->second;
    if (row.state != State::queued && row.state != State::held) continue;
    row.possible_duplicate = true;
    if (each.rendered) rendered.try_emplace(row.id, *each.rendered);
  }
}

std::vector<DuplicateKey> MemoryStore::Tables::received_since(
    const std::map<std::string, DuplicateSpan>& channels) const {
  std::vector<DuplicateKey> keys;
  std::map<std::string, int> taken;
  for (auto at = messages.rbegin(); at != messages.rend(); ++at) {
    const auto& message = at->second.message;
    const auto wanted = channels.find(message.channel);
    if (wanted == channels.end() || message.received_at < wanted->second.since || at->second.duplicate_of) continue;
    if (taken[message.channel]++ >= store_rules::kDuplicateKeys) continue;
    const auto& kept = at->second.fingerprint;
    keys.push_back(
        {message.channel, message.id, message.received_at, kept ? *kept : wanted->second.fingerprint(message.bytes)});
  }
  std::ranges::reverse(keys);
  return keys;
}

std::vector<LaneCount> MemoryStore::Tables::lanes() const {
  std::map<std::pair<LaneKey, State>, LaneCount> counted;
  for (const auto& [id, row] : deliveries) {
    if (finished(row.state)) continue;
    const LaneKey route{row.lane.channel, row.lane.route, {}};
    auto& entry = counted[{route, row.state}];
    if (entry.count++ == 0) {
      entry.lane = route;
      entry.state = row.state;
      entry.oldest = messages.at(id.message()).message.received_at;
    }
  }
  std::vector<LaneCount> all;
  for (auto& [key, entry] : counted) all.push_back(std::move(entry));
  return all;
}

Result<int> MemoryStore::Tables::deliver(MessageId id, std::vector<NewDelivery> fresh, const std::string& reason,
                                         const std::string& by, WallTime at) {
  const auto message = messages.find(id);
  if (message == messages.end()) return fail(store_rules::no_message(id));
  int first = 0;
  for (const auto& [known, row] : deliveries)
    if (known.message() == id) first = known.ordinal() + 1;
  if (auto fits = store_rules::check(fresh, first); !fits) return fail(fits);
  const auto count = static_cast<int>(fresh.size());
  insert(id, first, std::move(fresh), at);
  message->second.routed = message->second.routed || !message->second.duplicate_of;
  for (int ordinal = first; ordinal < first + count; ++ordinal)
    note(Attempt{DeliveryId::of(id, ordinal), 0, at, {}, store_rules::by_person(State::queued, by, reason)});
  return first;
}

SearchPage MemoryStore::Tables::search(const SearchQuery& query) const {
  const auto has = [&](const Message& message, const SearchKey& key) {
    if (key.name == kControlId) return key.value == message.control_id;
    const auto keys = indexer ? indexer(message) : std::vector<SearchKey>();
    return std::ranges::any_of(keys, [&](const auto& one) { return one.name == key.name && one.value == key.value; });
  };
  SearchPage page;
  for (auto at = messages.rbegin(); at != messages.rend(); ++at) {
    const auto& message = at->second.message;
    if (query.below.value > 0 && !(message.id < query.below)) continue;
    if (message.id < first_id_at(query.since)) break;
    if (query.until != WallTime{} && !(message.id < first_id_at(query.until))) continue;
    if (!query.channel.empty() && query.channel != message.channel) continue;
    if (!store_rules::is_of_type(query.type, message.type)) continue;
    if (!std::ranges::all_of(query.keys, [&](const auto& key) { return has(message, key); })) continue;
    Found found{message, static_cast<std::int64_t>(message.bytes.size()), {}, {}};
    found.message.bytes = Bytes();
    for (const auto& [id, row] : deliveries)
      if (id.message() == message.id) found.deliveries.push_back(row);
    if (found.deliveries.empty()) found.duplicate_of = at->second.duplicate_of;
    const auto in_state = [&](const Delivery& row) { return row.state == *query.state; };
    if (query.state && std::ranges::none_of(found.deliveries, in_state)) continue;
    page.messages.push_back(std::move(found));
    if (std::cmp_less(page.messages.size(), store_rules::page_size(query.limit))) continue;
    page.next = message.id;
    break;
  }
  return page;
}

bool MemoryStore::Tables::wait_for_somebody(MessageId id) const {
  const auto end = deliveries.lower_bound(DeliveryId::of(MessageId{id.value + 1}, 0));
  return std::any_of(deliveries.lower_bound(DeliveryId::of(id, 0)), end,
                     [](const auto& each) { return !finished(each.second.state); });
}

bool MemoryStore::Tables::decided(MessageId id) const {
  const auto end = attempts.lower_bound(DeliveryId::of(MessageId{id.value + 1}, 0));
  return std::any_of(attempts.lower_bound(DeliveryId::of(id, 0)), end, [](const auto& each) {
    return std::ranges::any_of(each.second, [](const Attempt& attempt) { return attempt.fault.empty(); });
  });
}

void MemoryStore::Tables::erase(MessageId id) {
  const auto from = DeliveryId::of(id, 0), to = DeliveryId::of(MessageId{id.value + 1}, 0);
  deliveries.erase(deliveries.lower_bound(from), deliveries.lower_bound(to));
  attempts.erase(attempts.lower_bound(from), attempts.lower_bound(to));
  answers.erase(answers.lower_bound(from), answers.lower_bound(to));
  rendered.erase(rendered.lower_bound(from), rendered.lower_bound(to));
  replies.erase(id);
  messages.erase(id);
}

Purged MemoryStore::Tables::purge(const PurgeStep& step) {
  Purged purged;
  purged.reached = step.after;
  purged.end = true;
  const auto old = [&](const KeptIncident& each) {
    return each.at < step.incidents_before && store_rules::concerns(step, each.channel);
  };
  purged.incidents = static_cast<std::int64_t>(std::erase_if(incidents, old));
  std::vector<MessageId> candidates = step.only;
  if (candidates.empty())
    for (auto at = messages.upper_bound(step.after); at != messages.end() && at->first < step.before; ++at)
      candidates.push_back(at->first);
  int rows = 0;
  for (const auto id : candidates) {
    const auto found = messages.find(id);
    if (found == messages.end()) continue;
    purged.end = rows++ < store_rules::kPurgeRows && purged.bytes < step.enough;
    if (!purged.end) return purged;
    purged.reached = id;
    if (!store_rules::concerns(step, found->second.message.channel)) continue;
    if (wait_for_somebody(id)) purged.unfinished.push_back(id);
    if (wait_for_somebody(id) || (step.spare_decided && decided(id))) continue;
    purged.messages += 1;
    purged.bytes += static_cast<std::int64_t>(found->second.message.bytes.size());
    erase(id);
  }
  return purged;
}

void MemoryStore::Tables::keep(MessageId id, std::string channel, WallTime at, Incident incident) {
  auto header = store_rules::header_of(incident);
  KeptIncident kept;
  kept.id = id;
  kept.channel = std::move(channel);
  kept.at = at;
  kept.fault = entry(incident.fault.code).id;
  kept.detail = std::move(incident.fault.detail);
  kept.place = std::move(incident.fault.at);
  kept.peer = std::move(incident.peer);
  kept.control_id = std::move(header.control_id);
  kept.type = std::move(header.type);
  kept.whole = incident.whole;
  kept.size = static_cast<std::int64_t>(incident.bytes.size());
  kept.bytes = std::move(incident.bytes);
  kept.batch = std::move(incident.batch);
  kept.facts = std::move(incident.facts);
  last = std::max(last, id);
  incidents.push_back(std::move(kept));
}

std::vector<KeptIncident> MemoryStore::Tables::list(const IncidentFilter& filter) const {
  const auto wanted = [&](const KeptIncident& each) {
    return (filter.channel.empty() || each.channel == filter.channel) && each.at >= filter.since &&
           (filter.until == WallTime{} || each.at < filter.until) &&
           (filter.below == MessageId{} || each.id < filter.below) &&
           (filter.control_id.empty() || each.control_id == filter.control_id);
  };
  std::vector<KeptIncident> found;
  std::ranges::copy_if(incidents, std::back_inserter(found), wanted);
  std::ranges::sort(found, std::ranges::greater(), &KeptIncident::id);
  if (std::cmp_greater(found.size(), store_rules::page_size(filter.limit)))
    found.resize(static_cast<std::size_t>(store_rules::page_size(filter.limit)));
  for (auto& each : found) {
    each.bytes = Bytes();
    each.batch.clear();
    each.facts.clear();
  }
  return found;
}

const KeptIncident* MemoryStore::Tables::find_incident(MessageId id) const {
  const auto found = std::ranges::find(incidents, id, &KeptIncident::id);
  return found == incidents.end() ? nullptr : &*found;
}

std::vector<Kept> MemoryStore::Tables::kept() const {
  std::map<std::string, Kept> counted;
  for (const auto& [id, each] : messages) {
    auto& kept = counted[each.message.channel];
    kept.channel = each.message.channel;
    kept.messages += 1;
    kept.bytes += static_cast<std::int64_t>(each.message.bytes.size());
  }
  std::vector<Kept> all;
  for (auto& [channel, kept] : counted) all.push_back(std::move(kept));
  return all;
}

}  // namespace myelin
