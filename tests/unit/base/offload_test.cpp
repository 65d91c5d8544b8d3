#include "engine/base/offload.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <latch>
#include <utility>

#include "engine/base/last_hold.h"

#include "tests/unit/net/on_loop.h"

namespace myelin {
namespace {

Task<std::thread::id> where_work_runs(Loop& loop) {
  auto work = [] { return std::this_thread::get_id(); };
  co_return co_await offload<std::thread::id>(loop, work);
}

TEST(Offload, runs_work_elsewhere_and_resumes_at_home) {
  net::AsioLoop loop;
  std::thread::id resumed;
  const auto both = [&]() -> Task<std::thread::id> {
    const auto worked = co_await where_work_runs(loop);
    resumed = std::this_thread::get_id();
    co_return worked;
  };
  EXPECT_NE(net::test::run(loop, both()), std::this_thread::get_id());
  EXPECT_EQ(resumed, std::this_thread::get_id());
}

TEST(Offload, lets_others_go_on_while_one_hangs) {
  net::AsioLoop loop;
  std::mutex hanging;
  hanging.lock();
  auto hang = [&] { return hanging.lock(), hanging.unlock(), true; };
  const auto all = [&]() -> Task<bool> {
    TaskGroup group(loop);
    const auto one = [&]() -> Task<void> { static_cast<void>(co_await offload<bool>(loop, hang)); };
    group.spawn(one());
    static_cast<void>(co_await where_work_runs(loop));
    hanging.unlock();
    co_await group.join();
    co_return true;
  };
  EXPECT_TRUE(net::test::run(loop, all()));
}

int niceness() { return ::getpriority(PRIO_PROCESS, 0); }

TEST(Offload, gives_work_on_large_messages_to_threads_that_go_last) {
  net::AsioLoop loop;
  const int own = niceness();
  auto look = [] { return niceness(); };
  const auto both = [&]() -> Task<std::pair<int, int>> {
    const auto shared = co_await offload<int>(loop, look);
    const auto large = co_await offload<int>(loop, look, Offload::large());
    co_return std::pair(shared, large);
  };
  const auto [shared, large] = net::test::run(loop, both());
  EXPECT_EQ(shared, own);
  EXPECT_EQ(large, std::max(own, 10));
}

// What malloc maps for large blocks; 0 where a sanitizer stands in its place.
std::size_t mapped() { return mallinfo2().hblkhd; }

TEST(LastHold, lets_go_of_large_bytes_on_the_pool) {
  std::latch all_busy(Offload::kThreads), go_on(1), done(Offload::kThreads);
  for (int i = 0; i < Offload::kThreads; ++i)
    Offload::large().run([&] {
      all_busy.count_down();
      go_on.wait();
      done.count_down();
    });
  all_busy.wait();
  const auto before = mapped();
  {
    LastHold last;
    const Bytes bytes(std::string(std::size_t{64} << 20, 'x'));
    last.take(bytes);
  }
  const auto after = mapped();
  go_on.count_down();
  done.wait();
  if (after == 0) return static_cast<void>(std::puts("this malloc does not say what it maps"));
  EXPECT_GE(after, before + (std::size_t{64} << 20));
}

}  // namespace
}  // namespace myelin
