// Disks that are full and disks that fail. The full one is a small tmpfs of our own; where the test may not mount
// (it is not root) it says so and passes.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <cstring>
#include <thread>

#include "tests/crash/power_cut/losing_disk.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    std::filesystem::create_directory(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=12m") == 0;
    if (!mounted_) std::printf("not run: no tmpfs can be mounted here (%s)\n", std::strerror(errno));
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_;
};

class StoreDisk : public SqliteFile {
 protected:
  void pause(Duration span) {
    bool over = false;
    loop.after(span, [&] { over = true; });
    loop.run_until([&] { return over; });
  }
};

TEST_F(StoreDisk, when_full_refuses_messages_lets_deliveries_go_on_and_resumes_by_itself) {
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) return;
  settings.path = folder.file("disk/myelin.db");
  std::ofstream(folder.file("disk/ballast")) << std::string(2U << 20, 'b');
  ASSERT_TRUE(open());
  std::int64_t id = 0;
  Result<void> stored;
  while (stored && id < 1000) stored = append(++id, {on(kLane)}, std::string(50'000, 'x'));
  ASSERT_EQ(code(stored), FaultCode::disk_reserve);
  EXPECT_GT(id, 20);
  EXPECT_EQ(code(append(5000, {on(kLane)}, std::string(3U << 20, 'y'))), FaultCode::disk_reserve);
  for (std::int64_t each = 1; each < id; ++each) ASSERT_TRUE(settle(settled(delivery(each), State::delivered))) << each;
  std::filesystem::remove(folder.file("disk/ballast"));
  stored = append(id, {on(kLane)}, "small");
  for (int tries = 0; !stored && tries < 100; ++tries) {
    pause(milliseconds(50));
    stored = append(id, {on(kLane)}, "small");
  }
  EXPECT_TRUE(stored);
  EXPECT_EQ(waiting(kLane), std::vector{delivery(id)});
  store.reset();
}

TEST_F(StoreDisk, is_known_to_be_at_its_reserve_though_nobody_sends_anything) {
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) return;
  settings.path = folder.file("disk/myelin.db");
  settings.reserve_bytes = 1 << 20;
  ASSERT_TRUE(open());
  const auto become = [this](std::optional<FaultCode> what) {
    for (int tries = 0; settings.pulse->refuses() != what && tries < 400; ++tries) pause(milliseconds(10));
    return settings.pulse->refuses() == what;
  };
  EXPECT_TRUE(become(std::nullopt));
  const auto free = std::filesystem::space(folder.file("disk")).free;
  std::ofstream(folder.file("disk/ballast")) << std::string(free - (700U << 10), 'b');
  EXPECT_TRUE(become(FaultCode::disk_reserve));
  std::filesystem::remove(folder.file("disk/ballast"));
  EXPECT_TRUE(become(std::nullopt));
  store.reset();
}

// The reserve is reached when all parts of a body are written, and its message is not.
class RefusedBody : public StoreDisk {
 protected:
  static constexpr std::int64_t kParts = 32;

  Result<void> refuse(const std::function<void()>& before_the_next_commit) {
    settings.path = folder.file("disk/myelin.db");
    settings.reserve_bytes = 1 << 20;
    settings.before_sync = [this, before_the_next_commit](std::int64_t) {
      if (!counting_) return;
      if (++commits_ == kParts + 1) before_the_next_commit();
      if (commits_ != kParts) return;
      const auto free = std::filesystem::space(folder.file("disk")).free;
      std::ofstream(folder.file("disk/ballast")) << std::string(free - (700U << 10), 'b');
      std::this_thread::sleep_for(milliseconds(120));  // so that the reserve is looked at again
    };
    if (auto opened = open(); !opened) return opened;
    if (auto stored = append(1, {on(kLane)}, "small"); !stored) return stored;
    counting_ = true;
    return append(2, {on(kLane)}, std::string(kParts * (64U << 10), 'y'));
  }

 private:
  std::atomic<bool> counting_{false};
  std::int64_t commits_ = 0;
};

TEST_F(RefusedBody, leaves_no_part_behind) {
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) return;
  EXPECT_EQ(code(refuse([] {})), FaultCode::disk_reserve);
  EXPECT_TRUE(append(3, {}, "").error().code == FaultCode::disk_reserve);  // by then the parts are gone
  store.reset();
  EXPECT_EQ(number("SELECT count(*) FROM chunk"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM message"), 1);
}

TEST_F(RefusedBody, whose_parts_cannot_be_dropped_is_the_end_of_trust) {
  std::atomic<int> failures{0};
  settings.on_failure = [&](const Fault&) { ++failures; };
  LosingDisk losing(1, true);
  const SmallDisk disk(folder.file("disk"));
  if (!disk.mounted()) return;
  EXPECT_FALSE(refuse([&] { losing.may_sync([](const std::string&) { return false; }); }));
  EXPECT_EQ(code(append(3, {}, "")), FaultCode::store_failed);
  EXPECT_EQ(failures, 1);
  store.reset();
}

// Files of this process may not grow beyond a size: writes then fail with EFBIG, which is no full disk.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  SizeLimit(const SizeLimit&) = delete;
  SizeLimit& operator=(const SizeLimit&) = delete;
  ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(StoreDisk, that_fails_once_is_never_trusted_again) {
  std::atomic<int> failures{0};
  settings.on_failure = [&](Fault fault) {
    EXPECT_EQ(fault.code, FaultCode::store_failed);
    ++failures;
  };
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane)}, "before"));
  {
    const SizeLimit limit(5U << 20);
    std::vector<std::optional<Result<void>>> answers(12);
    for (std::size_t i = 0; i < answers.size(); ++i)
      spawn(keep_value(
          store->append(loop, message_of(static_cast<std::int64_t>(i) + 2, {on(kLane)}, std::string(900'000, 'x'))),
          answers[i]));
    loop.run_until([&] { return answers.back().has_value(); });
    EXPECT_EQ(code(*answers.back()), FaultCode::store_failed);
  }
  EXPECT_EQ(code(append(100, {on(kLane)})), FaultCode::store_failed);
  EXPECT_EQ(code(settle(settled(delivery(1), State::delivered))), FaultCode::store_failed);
  EXPECT_EQ(code(await(loop, store->message(loop, MessageId{1}))), FaultCode::store_failed);
  EXPECT_EQ(code(close()), FaultCode::store_failed);
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(settings.pulse->refuses(), FaultCode::store_failed);
  settings.on_failure = {};
  ASSERT_TRUE(open());
  EXPECT_TRUE(store->unclean());
  EXPECT_EQ(trace(1).message.bytes.view(), "before");
  EXPECT_EQ(state(delivery(1)), State::queued);
}

}  // namespace
}  // namespace myelin::testing
