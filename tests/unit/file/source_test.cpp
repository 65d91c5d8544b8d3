// What a source takes out of a folder, in which order, and where it puts what it took or could not.
#include <algorithm>

#include "tests/unit/file/inbound.h"

namespace myelin::file {
namespace {

using net::test::run;

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

// A sender that sees its answer drops its next result under the same name at once.
TEST_F(Inbound, gives_the_name_back_before_it_answers) {
  settings.answers = "answers";
  settings.pattern = "*.hl7";
  start();
  std::filesystem::remove(folder.path("in/answers"));
  folder.write("in/answers", "in its way");
  folder.drop("in/a.hl7", message(1));
  wait_until([&] { return intake.taken.size() == 1 && !folder.has("in/a.hl7"); });
  EXPECT_EQ(folder.read("in/.taken/a.hl7"), message(1));
  folder.drop("in/a.hl7", message(2));
  wait_until([&] { return intake.taken.size() == 2; });
  std::filesystem::remove(folder.path("in/answers"));
  wait_until([&] { return folder.names("in/done").size() == 2; });
  EXPECT_EQ(taken(), (Names{message(1), message(2)}));
  EXPECT_EQ(folder.read("in/done/a.hl7"), message(1));
  EXPECT_EQ(folder.read("in/done/a.1.hl7"), message(2));
  EXPECT_NE(folder.read("in/answers/a.hl7.ack").find("MSA|AA|1"), std::string::npos);
  EXPECT_NE(folder.read("in/answers/a.hl7.1.ack").find("MSA|AA|2"), std::string::npos);
}

TEST_F(Inbound, takes_what_a_crash_left_in_its_hands_before_the_next_of_that_name) {
  settings.answers = "answers";
  std::filesystem::create_directory(folder.path("in/.taken"));
  folder.write("in/.taken/a", message(1));
  folder.write("in/a", message(2));
  start();
  wait_until([&] { return folder.names("in/done").size() == 2; });
  EXPECT_EQ(taken(), (Names{message(1), message(2)}));
  EXPECT_EQ(folder.read("in/done/a"), message(1));
  EXPECT_EQ(intake.taken[0].facts, "file=1:a\n");
  EXPECT_EQ(folder.names("in/.taken"), Names{});
}

TEST_F(Inbound, does_not_put_away_what_is_written_to_in_its_hands) {
  settings.remove = true;
  settings.answers = "answers";
  settings.pattern = "*.hl7";
  start();
  std::filesystem::remove(folder.path("in/answers"));
  folder.write("in/answers", "in its way");
  std::ofstream open_all_the_time;
  folder.drop("in/a.hl7", message(1));
  open_all_the_time.open(folder.path("in/a.hl7"), std::ios::binary | std::ios::app);
  wait_until([&] { return folder.has("in/.taken/a.hl7"); });
  open_all_the_time << message(2) << std::flush;
  std::filesystem::remove(folder.path("in/answers"));
  wait_until([&] { return folder.names("in/.taken").empty(); });
  EXPECT_EQ(taken(), (Names{message(1), message(1), message(2)}));
}

TEST_F(Inbound, leaves_a_file_where_it_is_when_the_engine_cannot_take_it_now) {
  intake.refuse_next(FaultCode::disk_reserve);
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return folder.has("in/done/a"); });
  EXPECT_EQ(taken(), (Names{message(1), message(1)}));
}

TEST_F(Inbound, deletes_what_was_taken_when_told) {
  settings.remove = true;
  folder.write("in/a", message(1));
  start();
  wait_until([&] { return intake.taken.size() == 1 && !folder.has("in/a"); });
  EXPECT_FALSE(folder.has("in/done"));
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
