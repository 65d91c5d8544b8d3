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
  if (fresh.settles)
    if (auto settled = settle(std::move(*fresh.settles), at); !settled) return settled;
  last = std::max(last, id);
  if (fresh.asks) replies.emplace(id, std::nullopt);
  if (fresh.sequence) sequences[fresh.sequence->link] = fresh.sequence->number;
  messages.emplace(id, StoredMessage{std::move(fresh.message), !fresh.deliveries.empty(), fresh.duplicate_of});
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
  return {};
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
  const auto old = [&](const Incidents& each) {
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
