// A store on disk that a test opens, closes, damages and opens again.
#pragma once

#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>

#include "engine/store/sqlite/database.h"
#include "tests/conformance/store/store_fixture.h"

namespace myelin::testing {

class SqliteFile : public ::testing::Test, public Driver {
 protected:
  SqliteFile() {
    settings.path = folder.file("myelin.db");
    settings.reserve_bytes = 0;
  }
  ~SqliteFile() override { store.reset(); }

  Result<void> open() {
    store.reset();
    auto opened = open_sqlite_store(settings);
    if (!opened) return fail(opened);
    store = std::move(*opened);
    return {};
  }
  Result<void> reopen_clean() {
    EXPECT_TRUE(close());
    return open();
  }
  // As after a crash: what was answered is on the disk, nothing was tidied up.
  Result<void> reopen_unclean() { return open(); }

  std::string content(const std::string& suffix = "") const {
    std::ifstream file(settings.path + suffix, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Exchanges one byte of the first place where `text` stands in the file.
  void damage(const std::string& text) const {
    const auto at = content().find(text);
    ASSERT_NE(at, std::string::npos);
    std::fstream file(settings.path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.put('#');
  }
  // Looks into the file from outside, or meddles with it.
  std::int64_t number(const std::string& sql) const {
    auto database = sqlite::Database::open(settings.path, SQLITE_OPEN_READWRITE);
    EXPECT_TRUE(database);
    auto value = database->number(sql);
    EXPECT_TRUE(value) << sql;
    return value ? *value : -1;
  }

  TemporaryFolder folder;
  StoreSettings settings;
};

// Holds the writer before its commit until it is let go.
class Gate {
 public:
  void wait() {
    std::unique_lock held(lock_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(held, [this] { return open_; });
  }
  void until_somebody_waits() {
    std::unique_lock held(lock_);
    changed_.wait(held, [this] { return waiting_ > 0; });
  }
  void open() {
    const std::scoped_lock hold(lock_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

}  // namespace myelin::testing
