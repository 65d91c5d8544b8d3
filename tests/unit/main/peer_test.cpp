// `myelin send` against `myelin sink`, over loopback, in one process: the sink has a thread of its own.
#include "engine/main/traffic/peer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "engine/base/event.h"
#include "engine/config/spec.h"
#include "engine/main/traffic/load.h"
#include "tests/unit/main/plans.h"

namespace myelin {
namespace {

class SendToSink : public testing::Test {
 protected:
  SendToSink() {
    set_log_level("off");
    auto pattern = (std::filesystem::temp_directory_path() / "myelin-peer-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~SendToSink() override { std::filesystem::remove_all(directory_); }

  // Sends `total` messages to a sink that behaves so and ends after `count`.
  LoadReport send(const std::string& behaviour, std::int64_t count, std::int64_t total, LoadOrder order = {}) {
    PeerOrder peer;
    peer.listen = {"127.0.0.1", 0};
    peer.behaviour = *parse_behaviour(behaviour);
    peer.count = count;
    peer.fields = {*hl7::parse_path("PID-3.1")};
    std::promise<std::string> address;
    auto listening = address.get_future();
    std::thread sink([&] {
      auto journal = Journal::open(directory_ + "/sink.tsv");
      received_ = run_peer(std::move(peer), *journal, [&](const std::string& at) { address.set_value(at); }).value();
    });
    const auto to = config::parse_address(listening.get());
    order.to = {"127.0.0.1", to->port};
    if (order.messages.empty()) order.messages = {made::admission()};
    order.total = total;
    order.own_ids = true;
    auto journal = Journal::open(directory_ + "/send.tsv");
    const auto report = run_load(std::move(order), *journal, false);
    sink.join();
    return report;
  }

  // The column of a journal: 0 is the time.
  std::vector<std::string> column(const std::string& file, int number) const {
    std::vector<std::string> values;
    std::ifstream lines(directory_ + "/" + file);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      std::string value;
      for (int i = 0; i <= number; ++i) std::getline(fields, value, '\t');
      values.push_back(value);
    }
    return values;
  }

  std::string directory_;
  PeerReport received_;
};

TEST_F(SendToSink, counts_what_was_accepted_and_writes_both_journals_alike) {
  LoadOrder order;
  order.connections = 4;
  const auto report = send("ok", 100, 100, std::move(order));
  EXPECT_EQ(report.count(Reply::accepted), 100);
  EXPECT_EQ(report.latencies.size(), 100U);
  EXPECT_EQ(received_.messages, 100);
  EXPECT_EQ(received_.connections, 4);
  auto sent = column("send.tsv", 1), received = column("sink.tsv", 1);
  std::ranges::sort(sent);
  std::ranges::sort(received);
  EXPECT_EQ(sent, received);
  EXPECT_EQ(std::ranges::unique(sent).begin(), sent.end()) << "an id was used twice";
  EXPECT_EQ(column("sink.tsv", 2).at(0), "ADT^A01");
  EXPECT_EQ(column("sink.tsv", 4).at(0), "100200");
}

TEST_F(SendToSink, sees_each_refusal) {
  const auto report = send("ae*2,ar,garbage,ok", 5, 5);
  EXPECT_EQ(report.count(Reply::error), 2);
  EXPECT_EQ(report.count(Reply::rejected), 1);
  EXPECT_EQ(report.count(Reply::other), 1);
  EXPECT_EQ(report.count(Reply::accepted), 1);
}

TEST_F(SendToSink, sees_a_connection_that_is_lost_and_goes_on_with_the_next_message) {
  const auto report = send("reset,half-close,ok", 3, 3);
  EXPECT_EQ(report.count(Reply::lost), 2);
  EXPECT_EQ(report.count(Reply::accepted), 1);
}

TEST_F(SendToSink, sends_again_what_was_lost_when_it_is_told_to) {
  LoadOrder order;
  order.again = true;
  const auto report = send("reset,ok", 3, 2, std::move(order));
  EXPECT_EQ(report.count(Reply::accepted), 2);
  EXPECT_EQ(report.repeated, 1);
  const auto ids = column("sink.tsv", 1);
  ASSERT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_F(SendToSink, gives_up_on_a_silent_peer_after_the_time_limit) {
  LoadOrder order;
  order.timeout = milliseconds(50);
  const auto report = send("silent,ok", 2, 2, std::move(order));
  EXPECT_EQ(report.count(Reply::none), 1);
  EXPECT_EQ(report.count(Reply::accepted), 1);
}

TEST_F(SendToSink, never_takes_another_messages_answer_for_its_own) {
  LoadOrder order;
  order.timeout = milliseconds(50);
  const auto report = send("wrong-id,ok", 2, 2, std::move(order));
  EXPECT_EQ(report.wrong_ids, 1);
  EXPECT_EQ(report.count(Reply::none), 1);
  EXPECT_EQ(report.count(Reply::accepted), 1);
}

TEST_F(SendToSink, passes_over_an_answer_that_comes_late_or_twice) {
  LoadOrder order;
  order.timeout = milliseconds(50);
  const auto report = send("late,ok,twice,ok", 4, 4, std::move(order));
  EXPECT_EQ(report.wrong_ids, 2);
  EXPECT_EQ(report.count(Reply::none), 1);
  EXPECT_EQ(report.count(Reply::accepted), 3);
}

TEST_F(SendToSink, puts_an_answer_together_that_comes_in_pieces_or_slowly) {
  const auto report = send("split-ack,slow=20ms,ok", 3, 3);
  EXPECT_EQ(report.count(Reply::accepted), 3);
  EXPECT_GE(report.latencies.back(), 20'000U);
}

TEST_F(SendToSink, keeps_to_a_rate) {
  LoadOrder order;
  order.rate = 100;
  const auto report = send("ok", 11, 11, std::move(order));
  EXPECT_GE(report.took, milliseconds(100));
}

TEST_F(SendToSink, counts_a_latency_from_when_the_message_was_due) {
  LoadOrder order;
  order.rate = 1000;
  const auto report = send("slow=100ms,ok", 20, 20, std::move(order));
  // The first kept the line for 100 ms; the others of that time were late through it, though each was answered at once.
  EXPECT_GE(report.percentile(0.5), 50'000U);
  EXPECT_GE(report.most_late_us, 50'000U);
}

TEST_F(SendToSink, keeps_what_became_of_each_and_leaves_the_warm_up_out) {
  LoadOrder order;
  order.keep_sent = true;
  order.connections = 2;
  order.warm_up = hours(1);
  const auto report = send("ae,ok", 6, 6, std::move(order));
  ASSERT_EQ(report.sent.size(), 6U);
  EXPECT_EQ(std::ranges::count(report.sent, Reply::accepted, &SentMessage::reply), 5);
  EXPECT_GE(std::ranges::count(report.sent, 1U, &SentMessage::line), 1);
  EXPECT_TRUE(report.samples.empty());
  EXPECT_EQ(report.answered(), 6);
}

TEST_F(SendToSink, mixes_messages_by_their_weight) {
  LoadOrder order;
  auto update = made::admission();
  update.replace(update.find("ADT^A01"), 7, "ADT^A08");
  order.messages = {made::admission(), update};
  order.weights = {3, 1};
  EXPECT_EQ(send("ok", 8, 8, std::move(order)).count(Reply::accepted), 8);
  const auto types = column("sink.tsv", 2);
  EXPECT_EQ(std::ranges::count(types, "ADT^A01"), 6);
  EXPECT_EQ(std::ranges::count(types, "ADT^A08"), 2);
}

TEST(Load, says_why_a_peer_cannot_be_reached) {
  LoadOrder order;
  order.messages = {made::admission()};
  order.to = {"127.0.0.1", 1};
  Journal nowhere;
  const auto report = run_load(std::move(order), nowhere, false);
  EXPECT_EQ(report.count(Reply::not_sent), 1);
  ASSERT_TRUE(report.fault);
  EXPECT_EQ(report.fault->code, FaultCode::unreachable);
}

TEST(Load, ranks_latencies) {
  LoadReport report;
  report.latencies = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(report.percentile(0.5), 5U);
  EXPECT_EQ(report.percentile(0.99), 10U);
  EXPECT_EQ(LoadReport().percentile(0.5), 0U);
}

TEST(Behaviour, is_read_message_by_message) {
  const auto read = parse_behaviour("ae*3,slow=200ms,ok");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  EXPECT_EQ((*read)[0].manner, Manner::ae);
  EXPECT_EQ((*read)[0].times, 3);
  EXPECT_EQ((*read)[1].delay, milliseconds(200));
}

TEST(Behaviour, refuses_what_it_does_not_know) {
  const auto wrong = parse_behaviour("silnet");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("did you mean silent?"), std::string::npos) << wrong.error().detail;
  EXPECT_FALSE(parse_behaviour("slow"));
  EXPECT_FALSE(parse_behaviour("ok=5s"));
  EXPECT_FALSE(parse_behaviour("ae*0"));
}

}  // namespace
}  // namespace myelin
