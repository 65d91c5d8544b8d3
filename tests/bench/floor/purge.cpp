// What commits cost while the retention deletes, beside what they cost without: the ground of the row `kept`.
#include <chrono>
#include <cstdio>
#include <string>

#include "engine/net/asio_loop.h"
#include "engine/runtime/purger.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "tests/bench/floor/floor.h"

namespace myelin::floor {
namespace {

constexpr Duration kBetween = milliseconds(2);  // five hundred commits a second: someone is always asking

struct Part {
  Times times;
  std::int64_t purged = 0;
  double seconds = 0;
};

class Figure {
 public:
  Figure(net::AsioLoop& loop, Store& store) : loop_(loop), store_(store), purger_(loop, store), ids_(store.last_id()) {
    runtime::RetentionRules rules;
    rules.fallback.days = 90;
    purger_.use(std::move(rules));
  }

  Task<void> run(int blocks, Duration lasts) {
    for (int block = 0; block < blocks; ++block) {
      co_await take(lasts, quiet.emplace_back());
      std::stop_source stop;
      TaskGroup purging(loop_);
      purging.spawn(pass(stop.get_token()));
      auto& part = during.emplace_back();
      const auto before = purger_.view().messages;
      co_await take(lasts, part);
      part.purged = purger_.view().messages - before;
      stop.request_stop();
      co_await purging.join();
    }
    const auto closed = co_await store_.close(loop_);
    failed = failed || !closed;
    loop_.stop();
  }

  std::vector<Part> quiet, during;
  bool failed = false;

 private:
  Task<void> pass(std::stop_token stop) {
    const auto passed = co_await purger_.pass(stop);
    failed = failed || !passed;
  }

  Task<void> take(Duration lasts, Part& part) {
    Wakeup pause(loop_);
    const auto began = loop_.mono();
    for (auto due = began; due < began + lasts; due += kBetween) {
      const auto rest = due - loop_.mono();
      if (rest > Duration::zero()) co_await pause.wait_for(rest);
      auto appending = store_.append(loop_, fresh());
      const auto stored = co_await appending;
      failed = failed || !stored;
      const Duration waited = loop_.mono() - std::min(due, loop_.mono());
      part.times.all.push_back(std::chrono::duration<double, std::milli>(waited).count());
    }
    part.seconds = std::chrono::duration<double>(loop_.mono() - began).count();
  }

  NewMessage fresh() {
    NewMessage made;
    made.message.id = ids_.next(loop_.wall());
    made.message.channel = "bench";
    made.message.received_at = loop_.wall();
    made.message.control_id = to_string(made.message.id);
    made.message.type = "ADT^A08";
    made.message.bytes = Bytes(std::string(600, 'x'));
    NewDelivery delivery;
    delivery.lane = LaneKey{"bench", "out", {}};
    made.deliveries.push_back(std::move(delivery));
    return made;
  }

  net::AsioLoop& loop_;
  Store& store_;
  runtime::Purger purger_;
  IdSource ids_;
};

void print(const char* name, std::vector<Part>& parts) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto& part = parts[i];
    std::printf("%s{\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"purged_per_second\": %.0f}",
                i == 0 ? "" : ", ", part.times.at(0.5), part.times.at(0.99), part.times.at(1),
                static_cast<double>(part.purged) / std::max(part.seconds, 0.001));
  }
  std::printf("]");
}

}  // namespace

int purge(const std::string& path, int blocks, double seconds) {
  StoreSettings settings;
  settings.path = path;
  settings.reserve_bytes = 16 << 20;
  auto store = open_sqlite_store(settings);
  if (!store) return std::fprintf(stderr, "%s\n", to_string(store.error()).c_str()), 1;
  net::AsioLoop loop;
  Figure figure(loop, **store);
  spawn(figure.run(blocks, Duration(static_cast<std::int64_t>(seconds * 1e9))));
  loop.run();
  if (figure.failed) return std::fprintf(stderr, "the store refused something\n"), 1;
  std::printf("{");
  print("quiet", figure.quiet);
  std::printf(", ");
  print("purging", figure.during);
  std::printf("}\n");
  return 0;
}

}  // namespace myelin::floor
