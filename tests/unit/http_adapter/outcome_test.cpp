#include "adapters/http/outcome.h"

#include <gtest/gtest.h>

namespace myelin::http {
namespace {

constexpr WallTime kNow = WallTime(seconds(1'800'000'000));  // Fri, 15 Jan 2027 08:00:00 GMT

Outcome of(int status, std::string body = {}, net::HttpHeaders headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return outcome_of(response, "7", kNow);
}

std::string ack(const std::string& code, const std::string& id) {
  return "MSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.5\rMSA|" + code + "|" + id + "\r";
}

TEST(HttpOutcome, any_2xx_is_accepted_with_its_code_and_answer) {
  for (const int status : {200, 201, 202, 204}) {
    const auto outcome = of(status, "thanks");
    EXPECT_EQ(outcome.kind, Outcome::Kind::accepted);
    EXPECT_EQ(outcome.code, std::to_string(status));
    EXPECT_EQ(outcome.response.view(), "thanks");
    EXPECT_FALSE(outcome.fault);
  }
}

TEST(HttpOutcome, an_acknowledgement_in_the_body_has_the_last_word) {
  EXPECT_EQ(of(200, ack("AA", "7")).kind, Outcome::Kind::accepted);
  for (const int status : {200, 400, 500}) {
    const auto outcome = of(status, ack("AE", "7"));
    EXPECT_EQ(outcome.kind, Outcome::Kind::refused) << status;
    EXPECT_EQ(outcome.code, "AE");
    EXPECT_EQ(outcome.fault->code, FaultCode::refused_ae);
  }
  EXPECT_EQ(of(200, ack("AR", "7")).fault->code, FaultCode::refused_ar);
  EXPECT_EQ(of(503, ack("AE", "7")).code, "503");
}

TEST(HttpOutcome, an_acknowledgement_for_another_message_is_credited_to_nobody) {
  const auto outcome = of(200, ack("AA", "8"));
  EXPECT_EQ(outcome.kind, Outcome::Kind::unknown);
  EXPECT_EQ(outcome.fault->code, FaultCode::wrong_answer_id);
  EXPECT_EQ(of(400, ack("AE", "8")).code, "400");
}

TEST(HttpOutcome, tells_come_again_from_no) {
  for (const int status : {408, 429, 500, 502, 503, 504})
    EXPECT_EQ(of(status).fault->code, FaultCode::peer_not_ready) << status;
  for (const int status : {301, 302, 307, 308, 400, 401, 403, 404, 413, 415, 422}) {
    EXPECT_EQ(of(status).kind, Outcome::Kind::refused) << status;
    EXPECT_EQ(of(status).fault->code, FaultCode::unsuitable_answer) << status;
  }
}

TEST(HttpOutcome, hands_on_when_the_peer_wants_to_be_asked_again) {
  EXPECT_EQ(of(503, {}, {{"retry-after", "120"}}).retry_after, seconds(120));
  EXPECT_FALSE(of(503).retry_after);
  EXPECT_FALSE(of(404, {}, {{"Retry-After", "120"}}).retry_after);
}

TEST(RetryAfter, is_seconds_or_a_date) {
  EXPECT_EQ(parse_retry_after(" 5 ", kNow), seconds(5));
  EXPECT_EQ(parse_retry_after("Fri, 15 Jan 2027 08:01:00 GMT", kNow), seconds(60));
  EXPECT_EQ(parse_retry_after("Fri, 15 Jan 2027 07:00:00 GMT", kNow), Duration::zero());
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 3988 08:49:37 GMT", kNow), hours(24 * 365 * 10));
  for (const auto* text : {"", "soon", "-5", "5s", "99999999999999999999", "Fri, 15 Jan 2027", "5.5"})
    EXPECT_FALSE(parse_retry_after(text, kNow)) << text;
}

}  // namespace
}  // namespace myelin::http
