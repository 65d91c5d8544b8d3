// What a durable message costs, beside what the disk and SQLite alone cost in the same run. Repeat it with
//   bench_store --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
// Batches of append are verbs called in one turn of the loop; their time is that of the last answer.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>

#include "engine/store/sqlite/open_file.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "engine/store/sqlite/tables.h"
#include "tests/conformance/store/blocking_loop.h"

namespace myelin {
namespace {

constexpr std::size_t kBody = 600;

class Folder {
 public:
  Folder() {
    std::string pattern = "/var/tmp/myelin-bench-XXXXXX";  // a real disk; /tmp may be memory
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

NewMessage fresh(std::int64_t id) {
  NewMessage message;
  message.message.id = MessageId{id};
  message.message.channel = "adt";
  message.message.received_at = WallTime(microseconds(1'700'000'000'000'000 + id));
  message.message.control_id = std::to_string(id);
  message.message.type = "ADT^A01";
  message.message.bytes = Bytes(std::string(kBody, 'x'));
  NewDelivery delivery;
  delivery.lane = LaneKey{"adt", "lab", std::to_string(id % 16)};
  message.deliveries.push_back(std::move(delivery));
  return message;
}

void bare_fdatasync_4k(benchmark::State& state) {
  const Folder folder;
  const int file = ::open(folder.file("plain").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string page(4096, 'p');
  constexpr off_t kPages = 1024;
  for (off_t at = 0; at < kPages; ++at)
    if (::pwrite(file, page.data(), page.size(), at * 4096) < 0) state.SkipWithError("no room");
  ::fsync(file);
  off_t at = 0;
  for (auto _ : state) {
    if (::pwrite(file, page.data(), page.size(), at * 4096) < 0) state.SkipWithError("no room");
    ::fdatasync(file);
    at = (at + 1) % kPages;
  }
  ::close(file);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bare_fdatasync_4k)->UseRealTime();

// The same rows, on the calling thread, with nothing of ours around them.
void bare_sqlite_commit(benchmark::State& state) {
  const Folder folder;
  auto file = sqlite::open_file(folder.file("bare.db"));
  auto tables = sqlite::Tables::open(std::move(file->database));
  std::int64_t id = 0;
  int commits = 0;
  for (auto _ : state) {
    (void)(*tables)->begin();
    for (std::int64_t i = 0; i < state.range(0); ++i) (void)(*tables)->apply(sqlite::Operation(fresh(++id)));
    (void)(*tables)->commit();
    if (++commits % 64 == 0)
      sqlite3_wal_checkpoint_v2((*tables)->database().handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  state.SetItemsProcessed(id);
}
BENCHMARK(bare_sqlite_commit)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

void store_append(benchmark::State& state) {
  const Folder folder;
  testing::BlockingLoop loop;
  StoreSettings settings;
  settings.path = folder.file("store.db");
  auto store = std::move(*open_sqlite_store(settings));
  std::int64_t id = 0;
  std::vector<std::optional<Result<void>>> answers(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (auto& answer : answers) {
      answer.reset();
      spawn(testing::keep_value(store->append(loop, fresh(++id)), answer));
    }
    loop.run_until([&] { return answers.back().has_value(); });
  }
  state.SetItemsProcessed(id);
  (void)testing::await(loop, store->close(loop));
}
BENCHMARK(store_append)->Arg(1)->Arg(8)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace myelin
