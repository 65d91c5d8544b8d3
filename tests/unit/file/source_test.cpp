// A source on a real folder, with an intake that answers as told.
#include "adapters/file/source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "engine/base/offload.h"
#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/file/temporary_folder.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::file {
namespace {

using net::test::run;
using Names = std::vector<std::string>;

std::string message(int number) { return "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|" + std::to_string(number) + "|P|2.5\r"; }

class Inbound : public ::testing::Test {
 protected:
  Inbound() {
    settings.directory = folder.path("in");
    settings.settle = milliseconds(10);
    settings.every = milliseconds(20);
    settings.pause = milliseconds(10);
    std::filesystem::create_directory(folder.path("in"));
  }
  ~Inbound() override { stop_source(); }

  void start() {
    source = std::make_unique<FileSource>(loop, settings);
    const auto opened = source->open();
    ASSERT_TRUE(opened) << to_string(opened.error());
    spawn(keep_running());
  }
  Task<void> keep_running() {
    stop = std::stop_source();
    running = true;
    co_await source->run(intake, stop.get_token());
    running = false;
  }
  void stop_source() {
    if (!running) return;
    stop.request_stop();
    wait_until([this] { return !running; });
  }
  template <class Condition>
  Task<bool> become(Condition condition) {
    Wakeup tick(loop);
    const auto end = loop.mono() + seconds(20);
    while (!condition() && loop.mono() < end) co_await tick.wait_for(milliseconds(1));
    co_return condition();
  }
  template <class Condition>
  void wait_until(Condition condition) {
    EXPECT_TRUE(run(loop, become(condition)));
  }
  Names taken() const {
    Names contents;
    for (const auto& one : intake.taken) contents.emplace_back(one.bytes.view());
    return contents;
  }

  test::TemporaryFolder folder;
  FileSettings settings;
  net::AsioLoop loop;
  myelin::test::FakeIntake intake{loop};
  std::unique_ptr<FileSource> source;
  std::stop_source stop;
  bool running = false;
};

TEST_F(Inbound, takes_files_in_the_order_of_their_names_and_moves_them) {
  for (const int number : {3, 1, 2}) folder.write("in/m" + std::to_string(number), message(number));
  start();
  wait_until([&] { return folder.names("in/done").size() == 3; });
  EXPECT_EQ(taken(), (Names{message(1), message(2), message(3)}));
  EXPECT_EQ(folder.names("in"), Names{});
  EXPECT_EQ(folder.read("in/done/m2"), message(2));
}

TEST_F(Inbound, says_the_name_of_the_file_of_each_message) {
  folder.write("in/north.hl7", message(1));
  start();
  wait_until([&] { return !intake.taken.empty(); });
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].facts, "file=9:north.hl7\n");
}

TEST_F(Inbound, takes_files_in_the_order_of_their_times_when_told) {
  settings.by_time = true;
  for (const int number : {3, 1, 2}) {
    folder.write("in/m" + std::to_string(4 - number), message(number));
    std::filesystem::last_write_time(folder.path("in/m" + std::to_string(4 - number)),
                                     std::filesystem::file_time_type::clock::now() - seconds(100 - number));
  }
  start();
  wait_until([&] { return folder.names("in/done").size() == 3; });
  EXPECT_EQ(taken(), (Names{message(1), message(2), message(3)}));
}

TEST_F(Inbound, takes_only_names_that_fit_and_none_that_is_hidden) {
  settings.pattern = "*.hl?";
  for (const auto* name : {"in/a.hl7", "in/b.txt", "in/.c.hl7", "in/line\nbreak.hl7"}) folder.write(name, message(1));
  start();
  wait_until([&] { return folder.names("in/done").size() == 2; });
  EXPECT_EQ(folder.names("in/done"), (Names{"a.hl7", "line\nbreak.hl7"}));
  EXPECT_EQ(folder.names("in"), (Names{".c.hl7", "b.txt"}));
}

TEST_F(Inbound, waits_while_a_file_grows) {
  settings.settle = milliseconds(60);
  start();
  const auto whole = message(1) + "PID|1\r";
  std::ofstream growing(folder.path("in/a"), std::ios::binary);
  Wakeup tick(loop);
  const auto grow = [&]() -> Task<void> {
    for (const char c : whole) {
      growing.put(c).flush();
      co_await tick.wait_for(milliseconds(5));
    }
  };
  run(loop, grow());
  EXPECT_EQ(intake.taken.size(), 0U);
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(taken(), Names{whole});
}

TEST_F(Inbound, takes_what_is_renamed_into_the_folder_without_waiting) {
  settings.settle = hours(1);
  start();
  folder.drop("in/a", message(1));
  wait_until([&] { return folder.has("in/done/a"); });
}

TEST_F(Inbound, hands_over_each_message_of_a_batch) {
  folder.write("in/a", "FHS|^~\\&\rBHS|^~\\&\r" + message(1) + message(2) + "BTS|2\rFTS|1\r");
  start();
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(taken(), (Names{message(1), message(2)}));
}

TEST_F(Inbound, sets_a_refused_file_aside_with_the_reason_beside_it) {
  intake.refuse_next(FaultCode::type_not_accepted);
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return folder.has("in/failed/a.fault"); });
  EXPECT_EQ(folder.read("in/failed/a"), message(1));
  EXPECT_NE(folder.read("in/failed/a.fault").find("M0201 type_not_accepted"), std::string::npos);
  EXPECT_FALSE(folder.has("in/done/a"));
}

TEST_F(Inbound, sets_aside_only_what_was_refused_of_a_batch) {
  intake.receipts.push_back(Receipt{Receipt::Kind::committed, {}, {}, {}});
  intake.refuse_next(FaultCode::rejected);
  const auto whole = message(1) + message(2) + message(3);
  folder.write("in/a", whole);
  start();
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(intake.taken.size(), 3U);
  EXPECT_EQ(folder.read("in/done/a"), whole);
  EXPECT_EQ(folder.read("in/failed/a"), message(2));
  EXPECT_EQ(folder.read("in/failed/a.fault").find("Message 2 of 3 was not taken: M0204"), 0U);
}

TEST_F(Inbound, takes_nothing_of_a_batch_that_is_not_all_there) {
  const auto whole = "BHS|^~\\&\r" + message(1) + message(2) + "BTS|3\r";
  folder.write("in/a", whole);
  start();
  wait_until([&] { return folder.has("in/failed/a.fault"); });
  EXPECT_TRUE(intake.taken.empty());
  EXPECT_EQ(folder.read("in/failed/a"), whole);
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_EQ(intake.incidents[0].fault.code, FaultCode::batch_incomplete);
}

TEST_F(Inbound, writes_an_answer_for_each_file_when_told) {
  settings.answers = "answers";
  intake.receipts.push_back(Receipt{Receipt::Kind::committed, MessageId{1}, {}, {}});
  intake.refuse_next(FaultCode::rejected);
  folder.write("in/a", "BHS|^~\\&\r" + message(1) + message(2) + "BTS|2\r");
  start();
  wait_until([&] { return folder.has("in/done/a"); });
  const auto answer = folder.read("in/answers/a.ack");
  EXPECT_TRUE(answer.starts_with("BHS|^~\\&|")) << answer;
  EXPECT_NE(answer.find("MSA|AA|1"), std::string::npos) << answer;
  EXPECT_NE(answer.find("MSA|AE|2"), std::string::npos) << answer;
  EXPECT_EQ(folder.names("in/answers"), Names{"a.ack"});
}

TEST_F(Inbound, leaves_a_file_where_it_is_when_the_engine_cannot_take_it_now) {
  intake.refuse_next(FaultCode::disk_reserve);
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(taken(), (Names{message(1), message(1)}));
}

TEST_F(Inbound, does_not_follow_links_nor_read_what_has_another_name_elsewhere) {
  folder.write("secret", message(9));
  std::filesystem::create_symlink(folder.path("secret"), folder.path("in/link"));
  std::filesystem::create_hard_link(folder.path("secret"), folder.path("in/twin"));
  std::filesystem::create_directory_symlink(folder.path(), folder.path("in/up"));
  start();
  wait_until([&] { return folder.has("in/failed/twin.fault") && folder.has("in/failed/link.fault"); });
  EXPECT_EQ(intake.taken.size(), 0U);
  EXPECT_GE(intake.incidents.size(), 2U);
  EXPECT_EQ(intake.incidents[0].fault.code, FaultCode::file_unsuitable);
  EXPECT_EQ(folder.read("secret"), message(9));
}

TEST_F(Inbound, does_not_put_away_through_a_link) {
  std::filesystem::create_directory(folder.path("elsewhere"));
  std::filesystem::create_directory_symlink(folder.path("elsewhere"), folder.path("in/done"));
  const auto opened = FileSource(loop, settings).open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, FaultCode::folder_unusable);
}

TEST_F(Inbound, sets_aside_what_is_too_large_or_empty_unread) {
  settings.max_file = 1024;
  folder.write("in/empty", "");
  folder.write("in/large", std::string(1025, 'x'));
  folder.write("in/just", message(1) + std::string(1024 - message(1).size(), 'x'));
  start();
  wait_until([&] {
    return folder.has("in/failed/large.fault") && folder.has("in/failed/empty.fault") && folder.has("in/done/just");
  });
  EXPECT_NE(folder.read("in/failed/large.fault").find("M0101"), std::string::npos);
  EXPECT_NE(folder.read("in/failed/empty.fault").find("M0115"), std::string::npos);
}

TEST_F(Inbound, does_not_put_away_over_another_file) {
  start();
  for (const int number : {1, 2}) {
    folder.drop("in/a.hl7", message(number));
    wait_until(
        [&] { return !folder.has("in/a.hl7") && folder.names("in/done").size() == static_cast<std::size_t>(number); });
  }
  EXPECT_EQ(folder.names("in/done"), (Names{"a.1.hl7", "a.hl7"}));
  EXPECT_EQ(folder.read("in/done/a.1.hl7"), message(2));
}

TEST_F(Inbound, deletes_what_was_taken_when_told) {
  settings.remove = true;
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return intake.taken.size() == 1 && !folder.has("in/a"); });
  EXPECT_FALSE(folder.has("in/done"));
}

TEST_F(Inbound, does_not_put_away_what_was_written_to_after_it_was_read) {
  intake.held = true;
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return intake.taken.size() == 1; });
  folder.write("in/a", message(1) + message(2));
  intake.release();
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(taken(), (Names{message(1), message(1), message(2)}));
}

TEST_F(Inbound, goes_on_when_a_folder_that_vanished_is_back) {
  start();
  std::filesystem::rename(folder.path("in"), folder.path("gone"));
  wait_until([&] { return source->is_down(); });
  std::filesystem::create_directory(folder.path("in"));
  folder.write("in/a", message(1));
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_FALSE(source->is_down());
}

TEST_F(Inbound, cannot_be_opened_where_there_is_no_folder) {
  settings.directory = folder.path("nowhere");
  const auto opened = FileSource(loop, settings).open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, FaultCode::folder_unusable);
  EXPECT_NE(opened.error().detail.find("nowhere: No such file"), std::string::npos);
}

TEST_F(Inbound, sets_aside_what_is_no_file) {
  ASSERT_EQ(::mkfifo(folder.path("in/pipe").c_str(), 0600), 0);
  start();
  wait_until([&] { return folder.has("in/failed/pipe.fault"); });
  EXPECT_NE(folder.read("in/failed/pipe.fault").find("a pipe, a socket or a device"), std::string::npos);
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(Inbound, does_not_read_a_hundred_megabytes) {
  folder.write("in/huge", message(1));
  std::filesystem::resize_file(folder.path("in/huge"), 100 * 1024 * 1024);
  start();
  wait_until([&] { return folder.has("in/failed/huge.fault"); });
  EXPECT_NE(folder.read("in/failed/huge.fault").find("104857600 bytes; `max_file` is 67108864"), std::string::npos);
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_TRUE(intake.incidents[0].bytes.empty());
}

TEST_F(Inbound, takes_files_whatever_bytes_are_in_their_names) {
  const std::string strange = "\xff\xfe \t'\"$(x)\n..\r*";
  folder.write("in/" + strange, message(1));
  start();
  wait_until([&] { return folder.has("in/done/" + strange); });
  EXPECT_EQ(taken(), Names{message(1)});
}

TEST_F(Inbound, does_not_mind_times_that_are_not_now) {
  for (const int number : {1, 2}) {
    folder.write("in/" + std::to_string(number), message(number));
    std::filesystem::last_write_time(folder.path("in/" + std::to_string(number)),
                                     std::filesystem::file_time_type::clock::now() + hours(number == 1 ? 48 : -48));
  }
  start();
  wait_until([&] { return folder.names("in/done").size() == 2; });
}

TEST_F(Inbound, takes_nothing_again_that_it_cannot_put_away_yet) {
  settings.pattern = "*.hl7";
  start();
  wait_until([&] { return folder.has("in/done"); });
  std::filesystem::remove(folder.path("in/done"));
  folder.write("in/done", "in its way");
  for (const int number : {1, 2, 3}) folder.drop("in/" + std::to_string(number) + ".hl7", message(number));
  wait_until([&] { return intake.taken.size() == 3; });
  folder.drop("in/4.hl7", message(4));  // it goes on meanwhile
  wait_until([&] { return intake.taken.size() == 4; });
  std::filesystem::remove(folder.path("in/done"));
  wait_until([&] { return folder.names("in/done").size() == 4; });
  EXPECT_EQ(intake.taken.size(), 4U);
}

TEST_F(Inbound, is_the_only_one_to_take_files_out_of_a_folder) {
  start();
  FileSettings other = settings;
  other.pattern = "a*";
  FileSource second(loop, other);
  auto opened = second.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, FaultCode::folder_unusable);
  EXPECT_NE(opened.error().detail.find("another source takes `*` out of it"), std::string::npos);
  stop_source();
  EXPECT_TRUE(second.open());
}

// Another process has the folder: the lock of a descriptor that was opened apart from ours is one, too.
TEST_F(Inbound, leaves_a_folder_to_the_engine_that_has_it) {
  const int theirs = ::open(settings.directory.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(::flock(theirs, LOCK_EX), 0);
  const auto opened = FileSource(loop, settings).open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("another engine takes files out of it"), std::string::npos);
  ::close(theirs);
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return folder.has("in/done/a"); });
}

TEST_F(Inbound, stops_though_the_disk_hangs) {
  settings.stop_grace = milliseconds(20);
  std::atomic<bool> hangs = true;
  std::atomic<int> hanging = 0;
  for (int i = 0; i < Offload::kThreads; ++i)
    Offload::shared().run([&] {
      ++hanging;
      hangs.wait(true);
      --hanging;
    });
  wait_until([&] { return hanging == Offload::kThreads; });
  folder.write("in/a", message(1));
  start();
  stop_source();
  EXPECT_FALSE(running);
  source.reset();
  hangs = false;
  hangs.notify_all();
  wait_until([&] { return hanging == 0; });
  EXPECT_TRUE(intake.taken.empty());
  EXPECT_TRUE(folder.has("in/a"));
}

TEST_F(Inbound, two_sources_may_watch_one_folder_for_different_names) {
  FileSettings other = settings;
  settings.settle = other.settle = hours(1);
  settings.pattern = "*.a";
  other.pattern = "*.b";
  FileSource second(loop, other);
  ASSERT_TRUE(second.open());
  std::stop_source stop_second;
  bool ended = false;
  const auto run_second = [&]() -> Task<void> {
    co_await second.run(intake, stop_second.get_token());
    ended = true;
  };
  spawn(run_second());
  start();
  folder.drop("in/x.a", message(1));
  folder.drop("in/x.b", message(2));
  wait_until([&] { return folder.names("in/done").size() == 2; });
  stop_second.request_stop();
  wait_until([&] { return ended; });
}

}  // namespace
}  // namespace myelin::file
