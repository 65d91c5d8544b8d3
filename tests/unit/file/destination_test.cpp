// A destination on a real folder: names, collisions, appending, and what a crash leaves behind.
#include "adapters/file/destination.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "adapters/file/journal.h"
#include "adapters/file/outbox.h"
#include "tests/property.h"
#include "tests/unit/file/temporary_folder.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::file {
namespace {

using Kind = Outcome::Kind;
using Names = std::vector<std::string>;

std::string message(const std::string& control_id) {
  return "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|" + control_id + "|P|2.5\rPID|1\r";
}
DeliveryId id_of(int number) { return DeliveryId::of(MessageId{number * 4096}, 0); }

class FileOutbox : public ::testing::Test {
 protected:
  FileOutbox() { settings.directory = folder.path(); }
  Outcome put(const std::string& content, int number) const { return Outbox(settings).put(content, id_of(number)); }

  test::TemporaryFolder folder;
  FileSettings settings;
};

TEST_F(FileOutbox, writes_a_file_for_each_message_and_leaves_nothing_else) {
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  EXPECT_EQ(put(message("2"), 2).kind, Kind::accepted);
  EXPECT_EQ(folder.names(), (Names{to_string(id_of(1)) + ".hl7", to_string(id_of(2)) + ".hl7"}));
  EXPECT_EQ(folder.read(to_string(id_of(1)) + ".hl7"), message("1"));
}

TEST_F(FileOutbox, names_files_by_the_message_in_safe_characters_only) {
  settings.name = "{type}-{control_id}.hl7";
  EXPECT_EQ(name_for(settings, message("A7"), id_of(1)), "ADT_A01-A7.hl7");
  EXPECT_EQ(name_for(settings, "%PDF-1.7", id_of(1)), "none-none.hl7");
  const NameParts of_the_message = {{"control_id", "A/7"}, {"type", "ORU^R01"}};
  EXPECT_EQ(name_for(settings, "%PDF-1.7", id_of(1), of_the_message), "ORU_R01-A_7.hl7");
  EXPECT_EQ(name_for(settings, message("../../etc/passwd"), id_of(1)), "ADT_A01-.._.._etc_passwd.hl7");
  EXPECT_EQ(name_for(settings, message("a\nb"), id_of(1)).find('\n'), std::string::npos);
  const NameParts filled{{"name", "2026-03-04-{type}.hl7"}};  // of {{ format($received_at, "yyyy-MM-dd") }}-{type}.hl7
  EXPECT_EQ(name_for(settings, message("A7"), id_of(1), filled), "2026-03-04-ADT_A01.hl7");
  EXPECT_EQ(name_for(settings, message(""), id_of(1)), "ADT_A01-none.hl7");
  EXPECT_EQ(name_for(settings, message(std::string(5000, 'x')), id_of(1)).size(), 8U + 80U + 4U);
  settings.name = "{control_id}";
  EXPECT_EQ(name_for(settings, message(".."), id_of(1)), "_.");
  settings.name = "{received_at}";
  EXPECT_EQ(name_for(settings, message("1"), id_of(1)), "20200101000000001");
}

TEST_F(FileOutbox, refuses_a_name_that_is_taken_and_overwrites_nothing) {
  settings.name = "census.hl7";
  folder.write("census.hl7", "older");
  const auto outcome = put(message("1"), 1);
  EXPECT_EQ(outcome.kind, Kind::refused);
  ASSERT_TRUE(outcome.fault);
  EXPECT_EQ(outcome.fault->code, FaultCode::name_taken);
  EXPECT_EQ(folder.names(), Names{"census.hl7"});
  EXPECT_EQ(folder.read("census.hl7"), "older");
}

TEST_F(FileOutbox, numbers_a_name_that_is_taken_when_told) {
  settings.name = "census.hl7";
  settings.number = true;
  for (const int number : {1, 2, 3}) EXPECT_EQ(put(message(std::to_string(number)), number).kind, Kind::accepted);
  EXPECT_EQ(folder.names(), (Names{"census.1.hl7", "census.2.hl7", "census.hl7"}));
  EXPECT_EQ(folder.read("census.2.hl7"), message("3"));
}

TEST_F(FileOutbox, knows_its_own_file_when_it_is_sent_again) {
  settings.name = "{control_id}.hl7";
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  EXPECT_EQ(folder.names(), Names{"1.hl7"});
}

TEST_F(FileOutbox, clears_away_what_a_crash_left_of_this_message) {
  folder.write(".myelin-" + to_string(id_of(1)) + ".part", "half of i");
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  EXPECT_EQ(folder.names(), Names{to_string(id_of(1)) + ".hl7"});
}

TEST_F(FileOutbox, does_not_write_through_a_link) {
  settings.name = "census.hl7";
  settings.append = true;
  folder.write("target", "keep");
  std::filesystem::create_symlink(folder.path("target"), folder.path("census.hl7"));
  EXPECT_EQ(put(message("1"), 1).kind, Kind::unreachable);
  settings.append = false;
  EXPECT_EQ(put(message("1"), 1).kind, Kind::refused);
  EXPECT_EQ(folder.read("target"), "keep");
}

TEST_F(FileOutbox, says_unreachable_where_the_folder_is_gone) {
  settings.directory = folder.path("gone");
  const auto outcome = put(message("1"), 1);
  EXPECT_EQ(outcome.kind, Kind::unreachable);
  EXPECT_NE(outcome.fault->detail.find("gone: No such file"), std::string::npos);
}

// A full disk, in so far as one process can have one: files may not grow beyond a limit.
class LittleSpace {
 public:
  explicit LittleSpace(std::size_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit little = before_;
    little.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &little);
  }
  ~LittleSpace() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(FileOutbox, leaves_no_half_file_on_a_full_disk) {
  {
    const LittleSpace space(1000);
    EXPECT_EQ(put(message(std::string(2000, 'x')), 1).kind, Kind::unreachable);
  }
  EXPECT_EQ(folder.names(), Names{});
}

TEST_F(FileOutbox, cuts_off_what_it_could_not_append) {
  settings.name = "log";
  settings.append = true;
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  {
    const LittleSpace space(1000);
    EXPECT_EQ(put(message(std::string(2000, 'x')), 2).kind, Kind::unreachable);
  }
  EXPECT_EQ(folder.read("log"), message("1"));
}

TEST_F(FileOutbox, appends_with_the_framing_that_is_wanted) {
  settings.name = "log";
  settings.append = true;
  settings.framing = FileSettings::Framing::newline;
  put(message("1"), 1);
  settings.framing = FileSettings::Framing::mllp;
  put(message("2"), 2);
  EXPECT_EQ(folder.read("log"), message("1") + "\n\x0B" + message("2") + "\x1C\r");
}

TEST_F(FileOutbox, appends_once_what_is_sent_again_after_a_crash) {
  settings.name = "log";
  settings.append = true;
  put(message("1"), 1);
  EXPECT_EQ(put(message("1"), 1).kind, Kind::accepted);
  EXPECT_EQ(folder.read("log"), message("1"));
}

TEST_F(FileOutbox, cuts_off_a_tail_that_a_crash_left_half_written) {
  settings.name = "log";
  settings.append = true;
  put(message("1"), 1);
  put(message("2"), 2);
  const auto whole = folder.read("log");
  for (std::size_t torn = message("1").size() + 1; torn < whole.size(); ++torn) {
    folder.write("log", whole.substr(0, torn));
    EXPECT_EQ(put(message("2"), 2).kind, Kind::accepted);
    ASSERT_EQ(folder.read("log"), whole) << torn;
  }
}

TEST_F(FileOutbox, cuts_nothing_off_because_of_a_journal_that_is_damaged) {
  settings.name = "log";
  settings.append = true;
  put(message("1"), 1);
  auto journal = folder.read(".log.journal");
  ASSERT_EQ(journal.size(), Journal::kBytes);
  for (const auto& damaged : {std::string(), std::string("1 0 99999999999999 x\n"), journal.substr(0, 100),
                              journal.replace(journal.find(" 0 ") + 3, 1, "9")}) {
    folder.write("log", message("1"));
    folder.write(".log.journal", damaged);
    EXPECT_EQ(put(message("2"), 2).kind, Kind::accepted);
    EXPECT_EQ(folder.read("log"), message("1") + message("2"));
  }
}

RC_GTEST_PROP(FileJournal, reads_what_it_wrote_and_nothing_else, (std::int64_t offset, std::int64_t size)) {
  const Journal journal{"01K2Z9Q7M4X.0", offset & INT64_MAX, size & INT64_MAX, std::string(64, 'a')};
  auto line = journal.line();
  RC_ASSERT(line.size() == Journal::kBytes);
  const auto read = Journal::read(line);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->offset == journal.offset && read->size == journal.size && read->digest == journal.digest);
  line[*rc::gen::inRange<std::size_t>(0, 90)] ^= 1;
  RC_ASSERT(!Journal::read(line).has_value());
}

TEST_F(FileOutbox, cuts_nothing_off_a_file_that_somebody_began_anew) {
  settings.name = "log";
  settings.append = true;
  put(message("1"), 1);
  put(message("2"), 2);
  folder.write("log", "new");
  put(message("3"), 3);
  EXPECT_EQ(folder.read("log"), "new" + message("3"));
}

TEST(FileDestination, says_unknown_when_it_is_closed_while_the_disk_is_busy) {
  test::TemporaryFolder folder;
  FileSettings settings;
  settings.directory = folder.path();
  net::AsioLoop loop;
  FileDestination destination(loop, settings);
  Outbound outbound{Bytes(message("1")), id_of(1)};
  const auto close_at_once = [&]() -> Task<Outcome> {
    loop.post([&] { destination.close(); });
    auto sending = destination.send(outbound);
    co_return co_await sending;
  };
  const auto outcome = net::test::run(loop, close_at_once());
  EXPECT_TRUE(outcome.kind == Kind::unknown || outcome.kind == Kind::accepted);
  const auto again = [&]() -> Task<Outcome> {
    Wakeup tick(loop);
    Outcome result;
    do {
      co_await tick.wait_for(milliseconds(1));
      auto sending = destination.send(outbound);
      result = co_await sending;
    } while (result.kind == Kind::unreachable);
    co_return result;
  };
  EXPECT_EQ(net::test::run(loop, again()).kind, Kind::accepted);
  EXPECT_EQ(folder.names().size(), 1U);
}

}  // namespace
}  // namespace myelin::file
