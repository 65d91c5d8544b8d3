// The verbs of store.h on a SQLite file: writing verbs go through the Handover to the Writer, questions to the
// ReadPool.
#include "engine/store/sqlite/sqlite_store.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include "engine/base/event.h"
#include "engine/base/offload.h"
#include "engine/store/rules.h"
#include "engine/store/sqlite/handover.h"
#include "engine/store/sqlite/read_pool.h"
#include "engine/store/sqlite/search.h"
#include "engine/store/sqlite/writer.h"

namespace myelin {
namespace {

using namespace sqlite;

Fault stopping() { return {FaultCode::stopping, "the store is closed", {}, {}}; }

class SqliteStore final : public Store {
 public:
  SqliteStore(const StoreSettings& settings, FileLock lock, std::unique_ptr<Tables> tables, bool unclean)
      : unclean_(unclean),
        secret_(tables->secret()),
        search_(beside(settings.path), [this](std::string_view value) { return key_of(value); }),
        writer_(settings, std::move(lock), std::move(tables), published_, recent_, search_),
        handover_(std::make_shared<Handover>(writer_)) {}

  ~SqliteStore() override {
    handover_->shut();
    writer_.stop();
    search_.stop();
    readers_.stop();
  }

  Result<void> start(const std::string& path) {
    if (auto started = readers_.start(path, published_); !started) return started;
    if (auto started = search_.start(path, published_); !started) return started;
    return writer_.start();
  }

  MessageId last_id() const override { return MessageId{published_.last_id.load()}; }

  std::string key_of(std::string_view value) const override { return store_rules::key_of(secret_, value); }

  Task<Result<void>> append(Loop& loop, NewMessage message) override {
    const auto bytes = message.message.bytes.size();
    if (writer_.overloaded(bytes)) return refuse(FaultCode::overloaded, "too many messages wait for the disk");
    return write(loop, Operation(std::move(message)), bytes);
  }

  void settle(Loop& loop, Settlement settlement, Done done) override {
    const auto haste = settlement.now ? Haste::now : Haste::rides;
    submit(loop, Settle{std::move(settlement), loop.wall()}, std::move(done), haste, 0);
  }

  Task<Result<void>> change(Loop& loop, DeliveryId id, State to, std::string reason, std::string by) override {
    return write(loop, Change{id, to, std::move(reason), std::move(by), loop.wall()});
  }

  Task<Result<void>> hurry(Loop& loop, DeliveryId id, std::string reason, std::string by) override {
    return write(loop, Hurry{id, std::move(reason), std::move(by), loop.wall()});
  }

  Task<Result<void>> replace(Loop& loop, DeliveryId id, int first_ordinal,
                             std::vector<NewDelivery> deliveries) override {
    return write(loop, Replace{id, first_ordinal, std::move(deliveries), loop.wall()});
  }

  Task<Result<int>> deliver(Loop& loop, MessageId id, std::vector<NewDelivery> deliveries, std::string reason,
                            std::string by) override {
    const auto first = std::make_shared<int>(0);
    Operation operation = Deliver{id, std::move(deliveries), std::move(reason), std::move(by), loop.wall(), first};
    auto written = co_await write(loop, std::move(operation));
    if (!written) co_return fail(written);
    co_return *first;
  }

  void index_with(Indexer indexer, std::string fingerprint) override {
    search_.index_with(std::move(indexer), std::move(fingerprint));
  }

  Task<Result<SearchPage>> search(Loop& loop, SearchQuery query) override {
    if (auto refused = refusal()) co_return fail(std::move(*refused));
    Completion<Result<SearchPage>> found;
    Search::Answer answer = [&loop, &found](Result<SearchPage> page) {
      loop.post([&found, page = std::move(page)]() mutable { found.set(std::move(page)); });
    };
    if (!search_.ask(std::move(query), std::move(answer))) co_return fail(stopping());
    co_return co_await found;
  }

  Task<Result<Backup>> backup(Loop& loop, std::string directory) override {
    if (auto refused = refusal()) co_return fail(std::move(*refused));
    if (auto made = backup_directory(directory); !made) co_return fail(made);
    Completion<Result<void>> copied;
    Done done = [&copied](Result<void> result) { copied.set(std::move(result)); };
    writer_.back_up(loop, directory + "/" + kBackupPart, std::move(done));
    auto copy = co_await copied;
    if (!copy) co_return fail(copy);
    auto seal = [&directory] { return seal_backup(directory); };
    co_return co_await offload<Result<Backup>>(loop, seal);
  }

  Task<Result<void>> stop_lane(Loop& loop, LaneStop stop) override { return write(loop, std::move(stop)); }

  Task<Result<void>> start_lane(Loop& loop, LaneKey lane) override { return write(loop, StartLane{std::move(lane)}); }

  Task<Result<void>> answer(Loop& loop, MessageId id, std::optional<Bytes> reply) override {
    return write(loop, AnswerSender{id, std::move(reply), loop.wall()});
  }

  Task<Result<void>> doubt(Loop& loop, std::vector<Doubtful> rows) override {
    return write(loop, Doubt{std::move(rows)});
  }

  Task<Result<void>> end_doubt(Loop& loop, LaneKey lane) override { return write(loop, EndDoubt{std::move(lane)}); }

  Task<Result<std::vector<LaneDoubt>>> doubts(Loop& loop) override {
    return ask<std::vector<LaneDoubt>>(loop, [](Queries& queries) { return queries.doubts(); });
  }

  Task<Result<void>> adopt(Loop& loop, LaneKey from, LaneKey to) override {
    return write(loop, Adopt{std::move(from), std::move(to)});
  }

  void keep(MessageId id, std::string channel, WallTime at, Incident incident) override {
    // It has no loop to set a timer, and it may be lost where a message may not.
    if (closed_ || writer_.overloaded(0)) return;
    std::vector<Request> requests(1);
    requests.front().bytes = incident.bytes.size();
    requests.front().operation = Keep{id, std::move(channel), at, std::move(incident)};
    writer_.hand_over(std::move(requests), Haste::rides_alone);
  }

  Task<Result<void>> record_plan(Loop& loop, std::string channel, std::string hash, std::string text) override {
    return write(loop, RecordPlan{std::move(channel), std::move(hash), std::move(text), loop.wall()});
  }

  Task<Result<Purged>> purge(Loop& loop, PurgeStep step) override {
    auto asking = ask<Candidates>(loop, [&step](Queries& queries) { return queries.candidates(step); });
    auto found = co_await asking;
    if (!found) co_return fail(found);
    const auto purged = std::make_shared<Purged>();
    Operation operation = Purge{std::move(step), std::move(*found), purged};
    auto written = co_await write(loop, std::move(operation));
    if (!written) co_return fail(written);
    co_return *purged;
  }

  Task<Result<Space>> give_back(Loop& loop) override {
    const auto space = std::make_shared<Space>();
    Operation operation = GiveBack{space};
    auto written = co_await write(loop, std::move(operation));
    if (!written) co_return fail(written);
    co_return *space;
  }

  Task<Result<Message>> message(Loop& loop, MessageId id) override {
    if (auto known = recent_.find(id); known && !refusal()) return ready(std::move(*known));
    return ask<Message>(loop, [id](Queries& queries) { return queries.message(id); });
  }

  Task<Result<std::vector<Message>>> messages(Loop& loop, std::vector<MessageId> ids, std::size_t most_bytes) override {
    if (auto known = recent_.find(ids, most_bytes); !known.empty() && !refusal()) return ready(std::move(known));
    return ask<std::vector<Message>>(
        loop, [ids = std::move(ids), most_bytes](Queries& queries) { return queries.messages(ids, most_bytes); });
  }

  Task<Result<std::optional<Bytes>>> rendered(Loop& loop, DeliveryId id) override {
    return ask<std::optional<Bytes>>(loop, [id](Queries& queries) { return queries.rendered(id); });
  }

  Task<Result<std::vector<Delivery>>> waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) override {
    return ask<std::vector<Delivery>>(
        loop, [lane = std::move(lane), after, limit](Queries& queries) { return queries.waiting(lane, after, limit); });
  }

  Task<Result<std::vector<Delivery>>> list(Loop& loop, QueueFilter filter) override {
    return ask<std::vector<Delivery>>(loop,
                                      [filter = std::move(filter)](Queries& queries) { return queries.list(filter); });
  }

  Task<Result<Trace>> trace(Loop& loop, MessageId id) override {
    return ask<Trace>(loop, [id](Queries& queries) { return queries.trace(id); });
  }

  Task<Result<std::vector<KeptIncident>>> incidents(Loop& loop, IncidentFilter filter) override {
    return ask<std::vector<KeptIncident>>(
        loop, [filter = std::move(filter)](Queries& queries) { return queries.incidents(filter); });
  }

  Task<Result<KeptIncident>> incident(Loop& loop, MessageId id) override {
    return ask<KeptIncident>(loop, [id](Queries& queries) { return queries.incident(id); });
  }

  Task<Result<Counts>> counts(Loop& loop) override {
    return ask<Counts>(loop, [](Queries& queries) { return queries.counts(); });
  }

  Task<Result<std::vector<Kept>>> kept(Loop& loop) override {
    return ask<std::vector<Kept>>(loop, [](Queries& queries) { return queries.kept(); });
  }

  Task<Result<std::vector<LaneStop>>> stopped_lanes(Loop& loop) override {
    return ask<std::vector<LaneStop>>(loop, [](Queries& queries) { return queries.stopped_lanes(); });
  }

  Task<Result<std::vector<LaneCount>>> unfinished(Loop& loop) override {
    return ask<std::vector<LaneCount>>(loop, [](Queries& queries) { return queries.unfinished(); });
  }

  Task<Result<std::vector<MessageId>>> questions(Loop& loop, std::string channel) override {
    return ask<std::vector<MessageId>>(
        loop, [channel = std::move(channel)](Queries& queries) { return queries.questions(channel); });
  }

  Task<Result<std::optional<std::int64_t>>> sequence(Loop& loop, std::string link) override {
    return ask<std::optional<std::int64_t>>(
        loop, [link = std::move(link)](Queries& queries) { return queries.sequence(link); });
  }

  Task<Result<std::vector<DuplicateKey>>> received_since(Loop& loop,
                                                         std::map<std::string, DuplicateSpan> channels) override {
    return ask<std::vector<DuplicateKey>>(
        loop, [channels = std::move(channels)](Queries& queries) { return queries.received_since(channels); });
  }

  DiskRoom disk_room() const override { return writer_.disk_room(); }

  bool unclean() const override { return unclean_; }

  Task<Result<void>> close(Loop& loop) override {
    if (closed_.exchange(true)) co_return fail(stopping());
    handover_->flush(loop);
    handover_->shut();
    Completion<Result<void>> answer;
    Done done = [&answer](Result<void> result) { answer.set(std::move(result)); };
    Callback readers_end = [this] {
      search_.stop();
      readers_.stop();
    };
    writer_.close(loop, std::move(readers_end), std::move(done));
    co_return co_await answer;
  }

 private:
  // Why nothing is taken any more, if so.
  std::optional<Fault> refusal() const {
    if (closed_) return stopping();
    return writer_.failure();
  }

  static std::string beside(const std::string& path) { return std::filesystem::path(path).parent_path() / "search.db"; }

  static Result<void> backup_directory(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) return fail(FaultCode::io_failed, directory + ": " + error.message());
    for (const auto* name : {kBackupFile, kBackupSums})
      if (std::filesystem::exists(directory + "/" + name, error))
        return fail(FaultCode::bad_request, directory + " holds a backup already; name an empty directory");
    std::filesystem::remove(directory + "/" + kBackupPart, error);  // of one that was cut off
    return {};
  }

  static Task<Result<void>> refuse(FaultCode code, std::string detail) { co_return fail(code, std::move(detail)); }
  template <class T>
  static Task<Result<T>> ready(T known) {
    co_return known;
  }

  void submit(Loop& loop, Operation operation, Done done, Haste haste, std::size_t bytes) {
    if (auto refused = refusal()) {
      loop.post([done = std::move(done), fault = std::move(*refused)]() mutable {
        if (done) done(fail(std::move(fault)));
      });
      return;
    }
    Request request;
    request.operation = std::move(operation);
    request.loop = &loop;
    request.done = std::move(done);
    request.bytes = bytes;
    if (request.is_append()) writer_.count_in(bytes);
    handover_->submit(loop, std::move(request), haste);
  }

  Task<Result<void>> write(Loop& loop, Operation operation, std::size_t bytes = 0) {
    Completion<Result<void>> answer;
    Done done = [&answer](Result<void> result) { answer.set(std::move(result)); };
    submit(loop, std::move(operation), std::move(done), Haste::now, bytes);
    co_return co_await answer;
  }

  template <class T>
  Task<Result<T>> ask(Loop& loop, std::move_only_function<Result<T>(Queries&)> query) {
    if (auto refused = refusal()) co_return fail(std::move(*refused));
    Completion<Result<T>> answer;
    ReadPool::Question question = [&loop, &query, &answer](Queries& queries) {
      loop.post([&answer, result = query(queries)]() mutable { answer.set(std::move(result)); });
    };
    if (!readers_.ask(std::move(question))) co_return fail(FaultCode::overloaded, "too many questions wait");
    co_return co_await answer;
  }

  Published published_;
  RecentMessages recent_;
  const bool unclean_;
  const std::string secret_;
  std::atomic<bool> closed_{false};
  Search search_;
  Writer writer_;
  ReadPool readers_;
  std::shared_ptr<Handover> handover_;  // shared: a loop may hold its flush or its timer longer than we live
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const StoreSettings& settings) {
  const auto began = std::chrono::steady_clock::now();
  auto file = open_file(settings.path);
  if (!file) return fail(file);
  const bool unclean = file->unclean;
  auto tables = Tables::open(std::move(file->database));
  if (!tables) return fail(tables);
  auto& writing = **tables;
  if (unclean)
    if (auto swept = writing.sweep_parts(); !swept) return fail(swept);
  auto marked = writing.begin();
  if (marked && unclean) marked = writing.doubt_lanes();
  if (marked) marked = writing.mark_clean(false);
  if (marked) marked = writing.commit();
  if (!marked) return fail(marked);
  auto store = std::make_unique<SqliteStore>(settings, std::move(file->lock), std::move(*tables), unclean);
  if (auto started = store->start(settings.path); !started) return fail(started);
  const auto took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  emit(EventKind::store_opened, {{Label::file, std::string_view(settings.path)},
                                 {Label::state, std::string_view(unclean ? "unclean" : "clean")},
                                 {Label::ms, static_cast<std::int64_t>(took.count())}});
  return store;
}

}  // namespace myelin
