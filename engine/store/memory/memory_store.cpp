#include "engine/store/memory/memory_store.h"

#include <algorithm>
#include <utility>

#include "engine/store/memory/memory_tables.h"
#include "engine/store/rules.h"

namespace myelin {

MemoryStore::MemoryStore() : tables_(std::make_shared<Tables>()) {}
MemoryStore::~MemoryStore() = default;

void MemoryStore::refuse_appends(std::optional<Fault> fault) {
  const std::scoped_lock hold(tables_->lock);
  tables_->refusing = std::move(fault);
}

void MemoryStore::fail_for_good() {
  const std::scoped_lock hold(tables_->lock);
  tables_->latched = Fault{FaultCode::store_failed, "the test said so", {}, {}};
}

void MemoryStore::set_unclean(bool unclean) {
  const std::scoped_lock hold(tables_->lock);
  tables_->unclean = unclean;
  if (unclean) tables_->doubt_lanes();
}

void MemoryStore::reopen() {
  const std::scoped_lock hold(tables_->lock);
  tables_->latched.reset();
}

std::vector<KeptIncident> MemoryStore::incidents() const {
  const std::scoped_lock hold(tables_->lock);
  return tables_->incidents;
}

MessageId MemoryStore::last_id() const {
  const std::scoped_lock hold(tables_->lock);
  return tables_->last;
}

std::string MemoryStore::key_of(std::string_view value) const { return store_rules::key_of("rehearsal", value); }

void MemoryStore::submit(Loop& loop, Change change, Done done) {
  const std::scoped_lock hold(tables_->lock);
  auto& turn = tables_->turns[&loop];
  turn.push_back({std::move(change), std::move(done)});
  if (turn.size() > 1) return;
  loop.post([tables = tables_, at = &loop] {
    std::vector<Tables::Pending> batch;
    std::vector<Result<void>> answers;
    {
      const std::scoped_lock hold_tables(tables->lock);
      batch = std::exchange(tables->turns[at], {});
      for (auto& each : batch) {
        if (tables->latched) answers.emplace_back(fail(*tables->latched));
        else answers.push_back(each.change(tables.get()));
      }
    }
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (batch[i].done) batch[i].done(std::move(answers[i]));
  });
}

Task<Result<void>> MemoryStore::commit(Loop& loop, Change change) {
  Completion<Result<void>> answer;
  Done done = [&answer](Result<void> result) { answer.set(std::move(result)); };
  submit(loop, std::move(change), std::move(done));
  co_return co_await answer;
}

template <class T>
Task<Result<T>> MemoryStore::read(Loop& loop, std::move_only_function<Result<T>(const Tables*)> query) {
  Completion<Result<T>> answer;
  Callback run = [tables = tables_, &query, &answer] {
    std::optional<Result<T>> result;
    {
      const std::scoped_lock hold(tables->lock);
      if (tables->latched) result.emplace(fail(*tables->latched));
      else result.emplace(query(tables.get()));
    }
    answer.set(std::move(*result));
  };
  loop.post(std::move(run));
  co_return co_await answer;
}

Task<Result<void>> MemoryStore::append(Loop& loop, NewMessage message) {
  // A copy, as on a disk: else whoever keeps the message as well would be seen by no measure of memory.
  message.message.bytes = Bytes(std::string(message.message.bytes.view()));
  return commit(loop,
                [fresh = std::move(message)](Tables* tables) mutable { return tables->append(std::move(fresh)); });
}

void MemoryStore::settle(Loop& loop, Settlement settlement, Done done) {
  submit(
      loop,
      [settled = std::move(settlement), at = loop.wall()](Tables* tables) mutable {
        return tables->settle(std::move(settled), at);
      },
      std::move(done));
}

Task<Result<void>> MemoryStore::change(Loop& loop, DeliveryId id, State to, std::string reason, std::string by) {
  return commit(loop, [id, to, reason = std::move(reason), by = std::move(by), at = loop.wall()](Tables* tables) {
    return tables->change(id, to, reason, by, at);
  });
}

Task<Result<void>> MemoryStore::hurry(Loop& loop, DeliveryId id, std::string reason, std::string by) {
  return commit(loop, [id, reason = std::move(reason), by = std::move(by), at = loop.wall()](Tables* tables) {
    return tables->hurry(id, reason, by, at);
  });
}

Task<Result<void>> MemoryStore::replace(Loop& loop, DeliveryId id, int first_ordinal,
                                        std::vector<NewDelivery> deliveries) {
  return commit(loop, [id, first_ordinal, fresh = std::move(deliveries), at = loop.wall()](Tables* tables) mutable {
    return tables->replace(id, first_ordinal, std::move(fresh), at);
  });
}

Task<Result<void>> MemoryStore::stop_lane(Loop& loop, LaneStop stop) {
  return commit(loop, [stop = std::move(stop)](Tables* tables) {
    tables->stops[stop.lane] = stop;
    return Result<void>{};
  });
}

Task<Result<void>> MemoryStore::adopt(Loop& loop, LaneKey from, LaneKey to) {
  return commit(loop, [from = std::move(from), to = std::move(to)](Tables* tables) { return tables->adopt(from, to); });
}

Task<Result<void>> MemoryStore::start_lane(Loop& loop, LaneKey lane) {
  return commit(loop, [lane = std::move(lane)](Tables* tables) {
    tables->stops.erase(lane);
    return Result<void>{};
  });
}

Task<Result<void>> MemoryStore::answer(Loop& loop, MessageId id, std::optional<Bytes> reply) {
  return commit(loop, [id, reply = std::move(reply), at = loop.wall()](Tables* tables) {
    if (reply) tables->replies[id] = GivenReply{at, *reply};
    else tables->replies.erase(id);
    return Result<void>{};
  });
}

void MemoryStore::keep(MessageId id, std::string channel, WallTime at, Incident incident) {
  const std::scoped_lock hold(tables_->lock);
  if (!tables_->latched) tables_->keep(id, std::move(channel), at, std::move(incident));
}

Task<Result<void>> MemoryStore::record_plan(Loop& loop, std::string channel, std::string hash, std::string) {
  return commit(loop, [channel = std::move(channel), hash = std::move(hash)](Tables* tables) {
    tables->plans.emplace(channel, hash);
    return Result<void>{};
  });
}

Task<Result<int>> MemoryStore::deliver(Loop& loop, MessageId id, std::vector<NewDelivery> deliveries,
                                       std::string reason, std::string by) {
  Result<int> first = 0;
  Change change = [&, at = loop.wall()](Tables* tables) {
    first = tables->deliver(id, std::move(deliveries), reason, by, at);
    return first ? Result<void>{} : Result<void>(fail(first.error()));
  };
  auto committing = commit(loop, std::move(change));
  auto written = co_await committing;
  if (!written) co_return fail(written);
  co_return first;
}

void MemoryStore::index_with(Indexer indexer, std::string) {
  const std::scoped_lock hold(tables_->lock);
  tables_->indexer = std::move(indexer);
}

Task<Result<SearchPage>> MemoryStore::search(Loop& loop, SearchQuery query) {
  return read<SearchPage>(
      loop, [query = std::move(query)](const Tables* tables) -> Result<SearchPage> { return tables->search(query); });
}

Task<Result<Backup>> MemoryStore::backup(Loop&, std::string) {
  co_return fail(FaultCode::bad_request, "a store in memory has no file");
}

Task<Result<Purged>> MemoryStore::purge(Loop& loop, PurgeStep step) {
  Purged purged;
  Change change = [&purged, &step](Tables* tables) {
    purged = tables->purge(step);
    return Result<void>{};
  };
  auto committing = commit(loop, std::move(change));
  auto written = co_await committing;
  if (!written) co_return fail(written);
  co_return purged;
}

Task<Result<Space>> MemoryStore::give_back(Loop& loop) {
  return read<Space>(loop, [](const Tables*) -> Result<Space> { return Space{}; });
}

Task<Result<std::vector<Kept>>> MemoryStore::kept(Loop& loop) {
  return read<std::vector<Kept>>(loop,
                                 [](const Tables* tables) -> Result<std::vector<Kept>> { return tables->kept(); });
}

Task<Result<Message>> MemoryStore::message(Loop& loop, MessageId id) {
  return read<Message>(loop, [id](const Tables* tables) -> Result<Message> {
    const auto found = tables->messages.find(id);
    if (found == tables->messages.end()) return fail(store_rules::no_message(id));
    return found->second.message;
  });
}

Task<Result<std::vector<Message>>> MemoryStore::messages(Loop& loop, std::vector<MessageId> ids,
                                                         std::size_t most_bytes) {
  return read<std::vector<Message>>(
      loop, [ids = std::move(ids), most_bytes](const Tables* tables) -> Result<std::vector<Message>> {
        std::vector<Message> read;
        std::size_t bytes = 0;
        for (const auto id : ids) {
          const auto found = tables->messages.find(id);
          if (found == tables->messages.end()) break;
          bytes += found->second.message.bytes.size();
          read.push_back(found->second.message);
          if (bytes >= most_bytes) break;
        }
        return read;
      });
}

Task<Result<std::optional<Bytes>>> MemoryStore::rendered(Loop& loop, DeliveryId id) {
  return read<std::optional<Bytes>>(loop, [id](const Tables* tables) -> Result<std::optional<Bytes>> {
    const auto found = tables->rendered.find(id);
    return found == tables->rendered.end() ? std::nullopt : std::optional(found->second);
  });
}

Task<Result<std::vector<Delivery>>> MemoryStore::waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) {
  return read<std::vector<Delivery>>(
      loop, [lane = std::move(lane), after, limit](const Tables* tables) -> Result<std::vector<Delivery>> {
        std::vector<Delivery> rows;
        for (auto at = tables->deliveries.upper_bound(after); at != tables->deliveries.end(); ++at) {
          if (std::cmp_greater_equal(rows.size(), std::max(limit, 0))) break;
          const auto& row = at->second;
          if (row.lane.channel != lane.channel || row.lane.route != lane.route) continue;
          if (row.state == State::queued || row.state == State::held) rows.push_back(row);
        }
        return rows;
      });
}

Task<Result<std::vector<Delivery>>> MemoryStore::list(Loop& loop, QueueFilter filter) {
  return read<std::vector<Delivery>>(
      loop, [filter = std::move(filter)](const Tables* tables) -> Result<std::vector<Delivery>> {
        const auto wanted = [&](const Delivery& row) {
          if (!filter.channel.empty() && row.lane.channel != filter.channel) return false;
          if (!filter.route.empty() && row.lane.route != filter.route) return false;
          return filter.state ? row.state == *filter.state : !finished(row.state);
        };
        std::vector<Delivery> rows;
        for (auto at = tables->deliveries.upper_bound(filter.after); at != tables->deliveries.end(); ++at) {
          if (std::cmp_greater_equal(rows.size(), store_rules::page_size(filter.limit))) break;
          if (wanted(at->second)) rows.push_back(at->second);
        }
        return rows;
      });
}

Task<Result<Trace>> MemoryStore::trace(Loop& loop, MessageId id) {
  return read<Trace>(loop, [id](const Tables* tables) -> Result<Trace> {
    const auto found = tables->messages.find(id);
    if (found == tables->messages.end()) return fail(store_rules::no_message(id));
    Trace trace;
    trace.message = found->second.message;
    trace.routed = found->second.routed;
    trace.duplicate_of = found->second.duplicate_of;
    const auto first = DeliveryId::of(id, 0);
    const auto end = DeliveryId::of(MessageId{id.value + 1}, 0);
    for (auto at = tables->deliveries.lower_bound(first); at != tables->deliveries.lower_bound(end); ++at)
      trace.deliveries.push_back(at->second);
    for (auto at = tables->attempts.lower_bound(first); at != tables->attempts.lower_bound(end); ++at)
      trace.attempts.insert(trace.attempts.end(), at->second.begin(), at->second.end());
    for (auto at = tables->answers.lower_bound(first); at != tables->answers.lower_bound(end); ++at)
      trace.answers.push_back(at->second);
    const auto incident = std::ranges::find(tables->incidents, id, &KeptIncident::taken_as);
    if (incident != tables->incidents.end()) trace.incident = incident->id;
    if (const auto reply = tables->replies.find(id); reply != tables->replies.end()) trace.reply = reply->second;
    return trace;
  });
}

Task<Result<std::vector<KeptIncident>>> MemoryStore::incidents(Loop& loop, IncidentFilter filter) {
  return read<std::vector<KeptIncident>>(
      loop, [filter = std::move(filter)](const Tables* tables) -> Result<std::vector<KeptIncident>> {
        return tables->list(filter);
      });
}

Task<Result<KeptIncident>> MemoryStore::incident(Loop& loop, MessageId id) {
  return read<KeptIncident>(loop, [id](const Tables* tables) -> Result<KeptIncident> {
    const auto* found = tables->find_incident(id);
    if (!found) return fail(store_rules::no_incident(id));
    return *found;
  });
}

Task<Result<Counts>> MemoryStore::counts(Loop& loop) {
  return read<Counts>(loop, [](const Tables* tables) -> Result<Counts> {
    Counts counts;
    counts.messages = static_cast<std::int64_t>(tables->messages.size());
    for (const auto& [id, each] : tables->messages) counts.filtered += each.routed || each.duplicate_of ? 0 : 1;
    counts.refused = static_cast<std::int64_t>(tables->incidents.size());
    counts.lanes = tables->lanes();
    return counts;
  });
}

Task<Result<std::vector<LaneStop>>> MemoryStore::stopped_lanes(Loop& loop) {
  return read<std::vector<LaneStop>>(loop, [](const Tables* tables) -> Result<std::vector<LaneStop>> {
    std::vector<LaneStop> stops;
    for (const auto& [lane, stop] : tables->stops) stops.push_back(stop);
    return stops;
  });
}

Task<Result<std::vector<LaneCount>>> MemoryStore::unfinished(Loop& loop) {
  return read<std::vector<LaneCount>>(
      loop, [](const Tables* tables) -> Result<std::vector<LaneCount>> { return tables->lanes(); });
}

Task<Result<std::vector<MessageId>>> MemoryStore::questions(Loop& loop, std::string channel) {
  return read<std::vector<MessageId>>(
      loop, [channel = std::move(channel)](const Tables* tables) -> Result<std::vector<MessageId>> {
        std::vector<MessageId> open;
        for (const auto& [id, reply] : tables->replies)
          if (!reply && tables->messages.at(id).message.channel == channel) open.push_back(id);
        return open;
      });
}

Task<Result<std::optional<std::int64_t>>> MemoryStore::sequence(Loop& loop, std::string link) {
  using Number = std::optional<std::int64_t>;
  return read<Number>(loop, [link = std::move(link)](const Tables* tables) -> Result<Number> {
    const auto mark = tables->sequences.find(link);
    return mark == tables->sequences.end() ? Number() : Number(mark->second);
  });
}

Task<Result<std::vector<DuplicateKey>>> MemoryStore::received_since(Loop& loop,
                                                                    std::map<std::string, DuplicateSpan> channels) {
  using Keys = std::vector<DuplicateKey>;
  return read<Keys>(loop, [channels = std::move(channels)](const Tables* tables) -> Result<Keys> {
    return tables->received_since(channels);
  });
}

Task<Result<void>> MemoryStore::doubt(Loop& loop, std::vector<Doubtful> rows) {
  return commit(loop, [rows = std::move(rows)](Tables* tables) {
    tables->doubt(rows);
    return Result<void>{};
  });
}

Task<Result<void>> MemoryStore::end_doubt(Loop& loop, LaneKey lane) {
  return commit(loop, [lane = std::move(lane)](Tables* tables) {
    tables->doubts.erase(lane);
    return Result<void>{};
  });
}

Task<Result<std::vector<LaneDoubt>>> MemoryStore::doubts(Loop& loop) {
  return read<std::vector<LaneDoubt>>(loop, [](const Tables* tables) -> Result<std::vector<LaneDoubt>> {
    std::vector<LaneDoubt> all;
    for (const auto& [lane, up_to] : tables->doubts) all.push_back({lane, up_to});
    return all;
  });
}

bool MemoryStore::unclean() const {
  const std::scoped_lock hold(tables_->lock);
  return tables_->unclean;
}

Task<Result<void>> MemoryStore::close(Loop& loop) {
  return commit(loop, [](Tables* tables) {
    tables->latched = Fault{FaultCode::stopping, "the store is closed", {}, {}};
    return Result<void>{};
  });
}

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace myelin
