// G4: bytes that change on the disk by themselves. Whatever bit has turned, what is read is what was stored, or a
// fault; a body that is not its checksum's never reaches a lane. MYELIN_DAMAGE=N: so many bits instead of a few.
#include <cstdlib>
#include <filesystem>
#include <random>

#include "engine/base/event.h"
#include "tests/fault_row.h"
#include "tests/unit/store/sqlite_fixture.h"

namespace myelin::testing {
namespace {

constexpr std::int64_t kMessages = 40;
constexpr int kSeed = 7;
constexpr std::size_t kBeginning = 300;

std::string body_of(std::int64_t id) {
  std::string body = "MSH|^~\\&|" + std::to_string(id) + "|";
  body.resize(300 + static_cast<std::size_t>(id * 97 % 3000), static_cast<char>('a' + id % 26));
  return body;
}

struct Damage : SqliteFile {
  Damage() {
    EXPECT_TRUE(open());
    for (std::int64_t id = 1; id <= kMessages; ++id) EXPECT_TRUE(append(id, {on(kLane)}, body_of(id)));
    EXPECT_TRUE(close());
    store.reset();
    whole = content();
  }
  void turn_bit(std::size_t at, int bit) {
    auto bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    std::filesystem::remove(settings.path + "-wal");
    std::filesystem::remove(settings.path + "-shm");
    std::ofstream(settings.path, std::ios::binary | std::ios::trunc) << bytes;
  }
  // Of a body in the file; what is behind may stand on another page.
  std::size_t beginning_of(std::int64_t id) const {
    const auto at = whole.find(body_of(id).substr(0, kBeginning));
    EXPECT_NE(at, std::string::npos);
    return at == std::string::npos ? 0 : at;
  }
  // How many messages are gone or answer a fault; a changed one fails the test.
  int missing() {
    int faults = 0;
    for (std::int64_t id = 1; id <= kMessages; ++id) {
      const auto found = await(loop, store->message(loop, MessageId{id}));
      if (!found) ++faults;
      else if (found->bytes.view() != body_of(id)) ++changed;
      EXPECT_TRUE(!found || found->bytes.view() == body_of(id)) << "message " << id << " is not what was stored";
    }
    return faults;
  }

  std::string whole;
  int changed = 0;
};

TEST_F(Damage, of_any_bit_never_changes_what_is_delivered) {
  set_log_level("off");
  const char* wanted = std::getenv("MYELIN_DAMAGE");
  const int tries = wanted != nullptr ? std::atoi(wanted) : 60;
  std::mt19937 random(kSeed);
  int refused = 0, noticed = 0;
  for (int i = 0; i < tries; ++i) {
    // Every second one in a body: else most bits turn in pages that are empty.
    auto at = random() % whole.size();
    if (i % 2 == 0) at = beginning_of(1 + static_cast<std::int64_t>(random() % kMessages)) + random() % kBeginning;
    turn_bit(at, static_cast<int>(random() % 8));
    if (!open()) {
      ++refused;
      continue;
    }
    if (missing() > 0) ++noticed;
    store.reset();
  }
  std::printf("%d turned bits: %d stores refused, %d with messages that say they are damaged\n", tries, refused,
              noticed);
  FaultRow row;
  row.fault = "a bit turns in the file of the store";
  row.tries = row.answered = tries;
  row.lost = changed;
  row.seed = kSeed;
  row.add();
  EXPECT_GE(noticed + refused, tries / 2);
}

// NGC #3705: a row of statistics that every message updated, and the deadlock over it that lost a destination. Numbers
// are kept in memory and written now and then, so no message's transaction touches a row that another's does.
TEST_F(SqliteFile, ngc_3705_no_row_of_statistics_is_written_with_a_message) {
  ASSERT_TRUE(open());
  ASSERT_TRUE(append(1, {on(kLane), on(kOther)}));
  const auto totals = number("SELECT total(value) FROM meta");
  for (std::int64_t id = 2; id < 30; ++id) ASSERT_TRUE(append(id, {on(kLane), on(kOther)}));
  EXPECT_EQ(number("SELECT total(value) FROM meta"), totals);
  EXPECT_EQ(number("SELECT count(*) FROM message"), 29);
  EXPECT_EQ(await(loop, store->counts(loop))->messages, 29);
}

}  // namespace
}  // namespace myelin::testing
