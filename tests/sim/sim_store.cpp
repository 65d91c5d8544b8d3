// The store of a simulated process: what it is asked for takes a while, commits together, and fails as the disk's mood
// says.
#include "tests/sim/disk.h"

#include <algorithm>
#include <utility>

#include "tests/conformance/store/store_fixture.h"

namespace myelin::sim {
namespace {

Fault store_failed() { return {FaultCode::store_failed, "the disk said so", {}, {}}; }
Fault disk_full() { return {FaultCode::disk_reserve, "the disk is full", {}, {}}; }

template <class T>
Task<void> hand_on(Task<T> task, Store::Done done) {
  auto result = co_await task;
  done(std::move(result));
}

}  // namespace

SimStore::SimStore(WorldLoop& loop, std::uint64_t seed, std::uint64_t process, Disk& disk, Witness& witness,
                   DiskMood& mood)
    : loop_(loop), draw_(seed, "store", process), disk_(disk), witness_(witness), mood_(mood) {
  disk_.open();
  last_ = disk_.store().last_id();
  unclean_ = disk_.store().unclean();
  resolve_doubts();
}

SimStore::~SimStore() { *alive_ = false; }

// Whose keys nobody will ask for any more.
std::string SimStore::key_of(std::string_view value) const { return dead_ ? "gone" : disk_.store().key_of(value); }

void SimStore::kill() {
  dead_ = true;
  loop_.post([this, alive = alive_] {
    if (!*alive) return;
    auto batch = std::exchange(waiting_, {});
    answer_all(batch, gone());
  });
}

Fault SimStore::gone() const {
  return closed_ && !dead_ ? Fault{FaultCode::stopping, "the store is closed", {}, {}} : store_failed();
}

void SimStore::answer_all(Batch& batch, const Fault& fault) {
  for (auto& verb : batch)
    if (verb.done) verb.done(fail(fault));
}

// An append starts a commit at once; what comes while it runs is the next. A settlement rides, 5 ms at most.
void SimStore::submit(Verb verb, bool now) {
  verb.at = loop_.wall();
  waiting_.push_back(std::move(verb));
  if (committing_) return;
  if (now) return start_commit();
  if (std::exchange(timer_, true)) return;
  loop_.after(milliseconds(5), [this, alive = alive_] {
    if (!*alive) return;
    timer_ = false;
    if (!committing_ && !waiting_.empty()) start_commit();
  });
}

void SimStore::start_commit() {
  committing_ = true;
  const auto takes = draw_.between(microseconds(100), mood_.slowest);
  // What comes in this turn belongs to it, as a hand-over once a turn would have it.
  loop_.post([this, alive = alive_, takes] {
    if (!*alive) return;
    auto batch = std::make_shared<Batch>(std::exchange(waiting_, {}));
    loop_.after(takes, [this, still = alive_, batch] {
      if (*still) commit(std::move(*batch));
    });
  });
}

void SimStore::commit(Batch batch) {
  committing_ = false;
  const bool dies = !dead_ && std::exchange(die_in_commit_, false);
  const bool fails = !dead_ && !failed_ && !dies && draw_.one_in(mood_.fail_one_in);
  if (dies || fails) {
    const std::function<void()> apply_it = [&] { apply(batch); };
    if (dies) disk_.crash_within(apply_it);
    else if (draw_.one_in(2)) apply_it();
    auto& doubts = disk_.doubts.emplace_back();
    for (auto& verb : batch) doubts.push_back(std::move(verb.doubt));
    failed_ = true;
    if (dies) on_crash();
    else on_failure();
  }
  if (dead_ || failed_) {
    answer_all(batch, gone());
  } else {
    auto answers = apply(batch);
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (answers[i] && batch[i].doubt.durable) batch[i].doubt.durable();
    for (std::size_t i = 0; i < batch.size(); ++i)
      if (batch[i].done) batch[i].done(std::move(answers[i]));
  }
  if (!waiting_.empty() && !committing_) start_commit();
}

std::vector<Result<void>> SimStore::apply(Batch& batch) {
  std::vector<Result<void>> answers(batch.size());
  std::size_t answered = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].grows && mood_.full) {
      answers[i] = fail(disk_full());
      ++answered;
      continue;
    }
    disk_.gate.wall_now = batch[i].at;
    batch[i].begin([&, i](Result<void> result) {
      answers[i] = std::move(result);
      ++answered;
    });
  }
  disk_.gate.run_until([&] { return answered == batch.size(); });
  return answers;
}

// A commit is one: what can be looked for tells of the rest.
void SimStore::resolve_doubts() {
  for (auto& batch : std::exchange(disk_.doubts, {})) {
    bool there = false;
    for (auto& verb : batch)
      if (verb.is_there && verb.is_there()) there = true;
    for (auto& verb : batch)
      if (there && verb.durable && (!verb.is_there || verb.is_there())) verb.durable();
  }
}

// ---- what is written -----------------------------------------------------------------------------------------

Task<Result<void>> SimStore::write(Verb verb) {
  if (dead_ || failed_ || closed_) co_return fail(gone());
  Completion<Result<void>> answer;
  verb.done = [&answer](Result<void> result) { answer.set(std::move(result)); };
  submit(std::move(verb), true);
  co_return co_await answer;
}

Task<Result<void>> SimStore::append(Loop&, NewMessage message) {
  Verb verb;
  verb.grows = true;
  if (message.settles) witness_.settling(*message.settles);
  verb.begin = [this, message](Done done) {
    spawn(hand_on(disk_.store().append(disk_.gate, message), std::move(done)));
  };
  verb.doubt.is_there = [&disk = disk_, id = message.message.id] {
    return testing::await(disk.gate, disk.store().message(disk.gate, id)).has_value();
  };
  verb.doubt.durable = [&witness = witness_, message] {
    witness.stored(message);
    if (message.settles) witness.settled(*message.settles);
  };
  return write(std::move(verb));
}

void SimStore::settle(Loop&, Settlement settlement, Done done) {
  if (dead_ || failed_ || closed_) {
    loop_.post([done = std::move(done), fault = gone()]() mutable { done(fail(fault)); });
    return;
  }
  witness_.settling(settlement);
  Verb verb;
  const bool now = settlement.now;
  verb.begin = [this, settlement](Done told) { disk_.store().settle(disk_.gate, settlement, std::move(told)); };
  verb.doubt.is_there = [&disk = disk_, settlement] {
    const auto trace = testing::await(disk.gate, disk.store().trace(disk.gate, settlement.id.message()));
    const auto is_so = [&](const Delivery& row) {
      return row.id == settlement.id && row.state == settlement.to && row.attempts == settlement.attempts;
    };
    return trace && std::ranges::any_of(trace->deliveries, is_so);
  };
  verb.doubt.durable = [&witness = witness_, settlement] { witness.settled(settlement); };
  verb.done = std::move(done);
  submit(std::move(verb), now);
}

Task<Result<void>> SimStore::change(Loop&, DeliveryId id, State to, std::string reason, std::string by) {
  Verb verb;
  verb.begin = [this, id, to, reason, by](Done done) {
    spawn(hand_on(disk_.store().change(disk_.gate, id, to, reason, by), std::move(done)));
  };
  verb.doubt.is_there = [&disk = disk_, id, to] {
    const auto trace = testing::await(disk.gate, disk.store().trace(disk.gate, id.message()));
    const auto is_so = [&](const Delivery& row) { return row.id == id && row.state == to; };
    return trace && std::ranges::any_of(trace->deliveries, is_so);
  };
  verb.doubt.durable = [&witness = witness_, id, to] { witness.changed_by_person(id, to); };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::hurry(Loop&, DeliveryId id, std::string reason, std::string by) {
  Verb verb;
  verb.begin = [this, id, reason, by](Done done) {
    spawn(hand_on(disk_.store().hurry(disk_.gate, id, reason, by), std::move(done)));
  };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::replace(Loop&, DeliveryId id, int first_ordinal, std::vector<NewDelivery> deliveries) {
  Verb verb;
  verb.begin = [this, id, first_ordinal, deliveries](Done done) {
    spawn(hand_on(disk_.store().replace(disk_.gate, id, first_ordinal, deliveries), std::move(done)));
  };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::answer(Loop&, MessageId id, std::optional<Bytes> reply) {
  Verb verb;
  verb.begin = [this, id, reply](Done done) {
    spawn(hand_on(disk_.store().answer(disk_.gate, id, reply), std::move(done)));
  };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::stop_lane(Loop&, LaneStop stop) {
  Verb verb;
  verb.begin = [this, stop](Done done) { spawn(hand_on(disk_.store().stop_lane(disk_.gate, stop), std::move(done))); };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::start_lane(Loop&, LaneKey lane) {
  Verb verb;
  verb.begin = [this, lane](Done done) { spawn(hand_on(disk_.store().start_lane(disk_.gate, lane), std::move(done))); };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::doubt(Loop&, std::vector<Doubtful> rows) {
  Verb verb;
  verb.begin = [this, rows](Done done) { spawn(hand_on(disk_.store().doubt(disk_.gate, rows), std::move(done))); };
  verb.doubt.durable = [&witness = witness_, rows] { witness.doubted(rows); };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::end_doubt(Loop&, LaneKey lane) {
  Verb verb;
  verb.begin = [this, lane](Done done) { spawn(hand_on(disk_.store().end_doubt(disk_.gate, lane), std::move(done))); };
  return write(std::move(verb));
}

// No route is renamed in a simulation.
Task<Result<void>> SimStore::adopt(Loop&, LaneKey, LaneKey) { co_return fail(gone()); }

// Incidents have a timer of their own in the store, in real time: they stay out of a simulation.
void SimStore::keep(MessageId, std::string, WallTime, Incident) {}
Task<Result<std::vector<KeptIncident>>> SimStore::incidents(Loop&, IncidentFilter) { co_return fail(gone()); }
Task<Result<KeptIncident>> SimStore::incident(Loop&, MessageId) { co_return fail(gone()); }

Task<Result<void>> SimStore::record_plan(Loop&, std::string channel, std::string hash, std::string text) {
  Verb verb;
  verb.begin = [this, channel, hash, text](Done done) {
    spawn(hand_on(disk_.store().record_plan(disk_.gate, channel, hash, text), std::move(done)));
  };
  return write(std::move(verb));
}

Task<Result<void>> SimStore::close(Loop&) {
  while (committing_ || !waiting_.empty()) {
    if (!committing_) start_commit();
    co_await pause(loop_, milliseconds(1));
  }
  if (dead_ || failed_) co_return fail(gone());
  closed_ = true;
  co_return Result<void>();
}

// ---- what is read ----------------------------------------------------------------------------------------------

// It takes a while to get there, and a while for the answer; commits may come in between.
template <class T, class Ask>
Task<Result<T>> SimStore::read(Ask ask) {
  const auto there = draw_.between(Duration::zero(), mood_.slowest);
  const auto back = draw_.between(Duration::zero(), mood_.slowest);
  co_await pause(loop_, there);
  if (dead_ || failed_ || closed_) co_return fail(gone());
  auto asked = ask(disk_.store());
  auto result = testing::await(disk_.gate, std::move(asked));
  co_await pause(loop_, back);
  co_return result;
}

// Nobody purges, searches, copies or replays in a simulation.
Task<Result<int>> SimStore::deliver(Loop&, MessageId, std::vector<NewDelivery>, std::string, std::string) {
  co_return fail(gone());
}
void SimStore::index_with(Indexer, std::string) {}
Task<Result<SearchPage>> SimStore::search(Loop&, SearchQuery) { co_return fail(gone()); }
Task<Result<Backup>> SimStore::backup(Loop&, std::string) { co_return fail(gone()); }
Task<Result<Purged>> SimStore::purge(Loop&, PurgeStep) { co_return fail(gone()); }
Task<Result<Space>> SimStore::give_back(Loop&) { co_return fail(gone()); }
Task<Result<std::vector<MessageId>>> SimStore::questions(Loop&, std::string channel) {
  return read<std::vector<MessageId>>([this, channel](Store& store) { return store.questions(disk_.gate, channel); });
}
Task<Result<std::optional<std::int64_t>>> SimStore::sequence(Loop&, std::string link) {
  return read<std::optional<std::int64_t>>([this, link](Store& store) { return store.sequence(disk_.gate, link); });
}
Task<Result<std::vector<Kept>>> SimStore::kept(Loop&) {
  return read<std::vector<Kept>>([this](Store& store) { return store.kept(disk_.gate); });
}
Task<Result<Message>> SimStore::message(Loop&, MessageId id) {
  return read<Message>([this, id](Store& store) { return store.message(disk_.gate, id); });
}
Task<Result<std::vector<Message>>> SimStore::messages(Loop&, std::vector<MessageId> ids, std::size_t most_bytes) {
  return read<std::vector<Message>>(
      [this, ids, most_bytes](Store& store) { return store.messages(disk_.gate, ids, most_bytes); });
}
Task<Result<std::optional<Bytes>>> SimStore::rendered(Loop&, DeliveryId id) {
  return read<std::optional<Bytes>>([this, id](Store& store) { return store.rendered(disk_.gate, id); });
}
Task<Result<std::vector<Delivery>>> SimStore::waiting(Loop&, LaneKey lane, DeliveryId after, int limit) {
  return read<std::vector<Delivery>>(
      [this, lane, after, limit](Store& store) { return store.waiting(disk_.gate, lane, after, limit); });
}
Task<Result<std::vector<Delivery>>> SimStore::list(Loop&, QueueFilter filter) {
  return read<std::vector<Delivery>>([this, filter](Store& store) { return store.list(disk_.gate, filter); });
}
Task<Result<Trace>> SimStore::trace(Loop&, MessageId id) {
  return read<Trace>([this, id](Store& store) { return store.trace(disk_.gate, id); });
}
Task<Result<Counts>> SimStore::counts(Loop&) {
  return read<Counts>([this](Store& store) { return store.counts(disk_.gate); });
}
Task<Result<std::vector<LaneStop>>> SimStore::stopped_lanes(Loop&) {
  return read<std::vector<LaneStop>>([this](Store& store) { return store.stopped_lanes(disk_.gate); });
}
Task<Result<std::vector<LaneCount>>> SimStore::unfinished(Loop&) {
  return read<std::vector<LaneCount>>([this](Store& store) { return store.unfinished(disk_.gate); });
}
Task<Result<std::vector<DuplicateKey>>> SimStore::received_since(Loop&, std::map<std::string, DuplicateSpan> channels) {
  return read<std::vector<DuplicateKey>>(
      [this, channels](Store& store) { return store.received_since(disk_.gate, channels); });
}
Task<Result<std::vector<LaneDoubt>>> SimStore::doubts(Loop&) {
  return read<std::vector<LaneDoubt>>([this](Store& store) { return store.doubts(disk_.gate); });
}

}  // namespace myelin::sim
