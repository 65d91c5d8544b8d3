// Commits to a store of our form with bare SQLite: what the disk alone costs.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>

#include "engine/store/sqlite/open_file.h"
#include "engine/store/sqlite/tables.h"
#include "tests/bench/floor/floor.h"

namespace myelin::floor {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPagesToCheckpoint = 250;  // as the writer's
constexpr int kFillBatch = 512, kFillPages = 4000;
constexpr std::int64_t kPatient = 9'000'000'000;

double since(Clock::time_point began) { return std::chrono::duration<double>(Clock::now() - began).count(); }

class Ground {
 public:
  // False: it could not be opened, which was said.
  bool open(const std::string& path) {
    auto file = sqlite::open_file(path);
    if (!file) return say(file.error());
    lock_ = std::move(file->lock);
    auto tables = sqlite::Tables::open(std::move(file->database));
    if (!tables) return say(tables.error());
    tables_ = std::move(*tables);
    sqlite3_wal_hook(
        handle(),
        [](void* pages, sqlite3*, const char*, int now) {
          *static_cast<int*>(pages) = now;
          return SQLITE_OK;
        },
        &pages_);
    return true;
  }

  sqlite::Tables& tables() { return *tables_; }
  bool ok(Result<void> result) { return result || say(result.error()); }
  void checkpoint_at(int pages) {
    if (pages_ >= pages) sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  bool close() {
    auto closed = tables_->advance_low_water();
    if (closed) closed = tables_->begin();
    if (closed) closed = tables_->mark_clean(true);
    if (closed) closed = tables_->commit();
    sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    return ok(std::move(closed));
  }

 private:
  static bool say(const Fault& fault) {
    std::fprintf(stderr, "%s\n", to_string(fault).c_str());
    return false;
  }
  sqlite3* handle() const { return tables_->database().handle(); }

  sqlite::FileLock lock_;
  std::unique_ptr<sqlite::Tables> tables_;
  int pages_ = 0;
};

NewMessage message(std::int64_t id, std::int64_t number, std::size_t size, int deliveries) {
  NewMessage made;
  auto& message = made.message;
  message.id = MessageId{id};
  message.channel = "bench";
  message.peer = "127.0.0.1";
  message.received_at = time_of(message.id);
  message.control_id = "B" + std::to_string(number);
  message.type = "ADT^A08";
  std::string text = "MSH|^~\\&|BENCH|WARD|MYELIN|HOUSE|20260101080000||ADT^A08^ADT_A01|" + message.control_id +
                     "|P|2.5.1\rEVN|A08|20260101080000\rPID|1||" + std::to_string(kPatient + number) +
                     "^^^HOUSE^MR||TEST^PERSON||19700101|F\rPV1|1|I|W1^2^3\rNTE|1||";
  text.resize(std::max(size, text.size() + 1), 'x');
  text.back() = '\r';
  message.bytes = Bytes(std::move(text));
  NewDelivery delivery;
  for (int route = 0; route < deliveries; ++route) {
    delivery.lane = LaneKey{"bench", deliveries == 1 ? "out" : "out-" + std::to_string(route), {}};
    made.deliveries.push_back(delivery);
  }
  return made;
}

sqlite::Operation delivered(DeliveryId id, WallTime at) {
  Settlement settlement;
  settlement.id = id;
  settlement.to = State::delivered;
  settlement.attempts = 1;
  return sqlite::Settle{std::move(settlement), at};
}

}  // namespace

int rows(const std::string& path, int batch, std::size_t size, double seconds, int deliveries) {
  for (const auto* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path + suffix);
  Ground ground;
  if (!ground.open(path)) return 1;
  Times commits;
  std::int64_t id = first_id_at(std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now())).value;
  std::int64_t written = 0;
  const auto began = Clock::now();
  while (since(began) < seconds) {
    std::vector<sqlite::Operation> some;
    for (int i = 0; i < batch; ++i) some.emplace_back(message(++id, ++written, size, deliveries));
    const auto commit_began = Clock::now();
    bool done = ground.ok(ground.tables().begin());
    for (const auto& each : some) done = done && ground.ok(ground.tables().apply(each));
    if (!done || !ground.ok(ground.tables().commit())) return 1;
    commits.all.push_back(since(commit_began) * 1e6);
    ground.checkpoint_at(kPagesToCheckpoint);
  }
  const auto took = since(began);
  std::printf("{\"rows_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", static_cast<double>(written) / took,
              commits.at(0.5), commits.at(0.99));
  return 0;
}

int fill(const std::string& path, std::int64_t count, std::size_t size) {
  Ground ground;
  if (!ground.open(path)) return 1;
  const auto now = std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
  const auto first = first_id_at(now - hours(100 * 24)).value, last = first_id_at(now - hours(95 * 24)).value;
  const auto step = std::max<std::int64_t>((last - first) / std::max<std::int64_t>(count, 1), 1);
  const auto began = Clock::now();
  for (std::int64_t number = 0; number < count;) {
    bool done = ground.ok(ground.tables().begin());
    for (int i = 0; i < kFillBatch && number < count && done; ++i, ++number) {
      const MessageId id{first + number * step};
      done = ground.ok(ground.tables().apply(message(id.value, number, size, 1))) &&
             ground.ok(ground.tables().apply(delivered(DeliveryId::of(id, 0), time_of(id))));
    }
    if (!done || !ground.ok(ground.tables().commit())) return 1;
    ground.checkpoint_at(kFillPages);
  }
  if (!ground.close()) return 1;
  std::printf("{\"filled\": %lld, \"seconds\": %.1f}\n", static_cast<long long>(count), since(began));
  return 0;
}

}  // namespace myelin::floor
