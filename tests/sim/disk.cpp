#include "tests/sim/disk.h"

#include <filesystem>
#include <fstream>
#include <utility>

#include "engine/store/sqlite/sqlite_store.h"
#include "tests/conformance/store/store_fixture.h"
#include "tests/crash/power_cut/losing_disk.h"

namespace myelin::sim {
namespace {

// A commit is there as a whole, or it is not.
class MemoryDisk final : public Disk {
 public:
  explicit MemoryDisk(std::uint64_t seed) : draw_(seed, "power") {}

  void open() override { store_.set_unclean(std::exchange(unclean_, true)); }
  Store& store() override { return store_; }
  void close() override { unclean_ = false; }
  void crash() override {}
  void crash_within(const std::function<void()>& commit) override {
    if (draw_.one_in(2)) commit();
  }

 private:
  Draw draw_;
  MemoryStore store_;
  bool unclean_ = false;
};

class SqliteDisk final : public Disk {
 public:
  explicit SqliteDisk(std::uint64_t seed) : draw_(seed, "power"), losing_(static_cast<std::uint32_t>(seed), true) {}

  void open() override {
    StoreSettings settings;
    settings.path = path();
    settings.reserve_bytes = 0;
    auto opened = open_sqlite_store(settings);
    if (!opened) {
      ADD_FAILURE() << "the store does not open: " << to_string(opened.error());
      std::abort();
    }
    store_ = std::move(*opened);
  }
  Store& store() override { return *store_; }
  void close() override {
    const auto closed = testing::await(gate, store_->close(gate));
    EXPECT_TRUE(closed);
    store_.reset();
  }
  void crash() override { restart_from(losing_.cut()); }
  void crash_within(const std::function<void()>& commit) override {
    std::optional<testing::LosingDisk::Image> image;
    const auto at = draw_.below(12);
    std::uint64_t operations = 0;
    losing_.before_operation([&](std::int64_t) {
      if (operations++ == at && !image) image = losing_.cut();
    });
    commit();
    losing_.before_operation({});  // the store has threads of its own
    restart_from(image ? std::move(*image) : losing_.cut());
  }

 private:
  std::string path() const { return folder_.file("myelin" + std::to_string(process_) + ".db"); }
  void restart_from(const testing::LosingDisk::Image& image) {
    const auto before = path();
    store_.reset();
    losing_.forget();
    ++process_;
    for (const auto& [name, bytes] : image)
      if (!name.ends_with("-shm") && name.starts_with(before))
        std::ofstream(path() + name.substr(before.size()), std::ios::binary) << bytes;
  }

  Draw draw_;
  testing::TemporaryFolder folder_;
  testing::LosingDisk losing_;
  std::unique_ptr<Store> store_;
  int process_ = 0;
};

}  // namespace

std::unique_ptr<Disk> make_memory_disk(std::uint64_t seed) { return std::make_unique<MemoryDisk>(seed); }
std::unique_ptr<Disk> make_losing_disk(std::uint64_t seed) { return std::make_unique<SqliteDisk>(seed); }

}  // namespace myelin::sim
