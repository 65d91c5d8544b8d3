#include "adapters/http/status.h"

#include <gtest/gtest.h>

namespace myelin::http {
namespace {

net::HttpRequest to(const std::string& target) {
  net::HttpRequest request;
  request.target = target;
  return request;
}

Progress with(std::vector<State> states) {
  Progress progress;
  progress.id = MessageId{77};
  for (const auto state : states) progress.legs.push_back({"desk", state, 1, {}});
  return progress;
}

TEST(HttpStatus, stands_below_the_path_that_was_posted_to) {
  EXPECT_EQ(status_target(to("/orders?site=a"), "T-1"), "/orders/status/T-1");
  EXPECT_EQ(status_target(to("/"), "T-1"), "/status/T-1");
  const auto parsed = parse_status_path("/orders/status/T-1");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source, "/orders");
  EXPECT_EQ(parsed->ticket, "T-1");
  EXPECT_EQ(parse_status_path("/status/T-1")->source, "/");
  for (const auto* none : {"/orders", "/orders/status/", "/orders/status/a/b", "/status"})
    EXPECT_FALSE(parse_status_path(none)) << none;
}

TEST(HttpStatus, says_in_one_word_what_became_of_the_message) {
  EXPECT_EQ(summary(with({})), "filtered");
  EXPECT_EQ(summary(with({State::filtered})), "filtered");
  EXPECT_EQ(summary(with({State::filtered, State::delivered})), "delivered");
  EXPECT_EQ(summary(with({State::delivered, State::queued})), "accepted");
  EXPECT_EQ(summary(with({State::queued, State::parked, State::delivered})), "parked");
  EXPECT_EQ(summary(with({State::queued, State::held})), "held");
  EXPECT_EQ(summary(with({State::discarded})), "discarded");
}

TEST(HttpStatus, shows_each_delivery_and_why_it_waits) {
  auto progress = with({State::parked});
  progress.received_at = WallTime(std::chrono::microseconds(1'772'360'100'123'456));
  progress.legs[0].fault = entry(FaultCode::unsuitable_answer).id;
  const auto page = status_page(progress);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.content_type, "application/json");
  EXPECT_EQ(find_header(page.headers, "Cache-Control"), "no-store");
  EXPECT_EQ(page.body, "{\"id\":\"" + to_string(MessageId{77}) +
                           "\",\"received_at\":\"2026-03-01T10:15:00.123Z\",\"state\":\"parked\",\"deliveries\":[{"
                           "\"route\":\"desk\",\"state\":\"parked\",\"attempts\":1,\"fault\":\"M0412\",\"title\":\"" +
                           std::string(entry(FaultCode::unsuitable_answer).title) + "\"}]}\n");
}

}  // namespace
}  // namespace myelin::http
