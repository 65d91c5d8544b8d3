// A source where things are not as they should be: links, pipes, sizes, names and times, a folder that vanishes or that
// another has, a disk that hangs.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "engine/base/offload.h"
#include "tests/unit/file/inbound.h"

namespace myelin::file {
namespace {

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

}  // namespace
}  // namespace myelin::file
