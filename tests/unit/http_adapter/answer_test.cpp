#include "adapters/http/answer.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace myelin::http {
namespace {

const std::string kMessage = "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|7|P|2.5.1\rPID|1\r";

net::HttpRequest post(const std::string& path, const std::string& type) {
  net::HttpRequest request;
  request.method = "POST";
  request.path = path;
  if (!type.empty()) request.headers.push_back({"Content-Type", type});
  return request;
}

Receipt committed() {
  Receipt receipt;
  receipt.kind = Receipt::Kind::committed;
  receipt.id = MessageId{5};
  receipt.ticket = "T-1";
  return receipt;
}

Receipt refused(FaultCode code) {
  Receipt receipt;
  receipt.fault = Fault{code, "as the test says", {}, {}};
  return receipt;
}

std::optional<FaultCode> head_fault(const net::HttpRequest& request, const SourceSettings& settings) {
  const auto checked = check_head(request, settings);
  return checked ? std::nullopt : std::optional(checked.error().code);
}

TEST(HttpAnswer, is_200_with_an_acknowledgement_in_the_type_that_came) {
  const auto response =
      answer(post("/", "x-application/hl7-v2+er7; charset=utf-8"), kMessage, committed(), Reply::ack, MessageId{5});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "x-application/hl7-v2+er7");
  EXPECT_NE(response.body.find("\rMSA|AA|7"), std::string::npos);
  EXPECT_EQ(answer(post("/", ""), kMessage, committed(), Reply::ack, MessageId{5}).content_type, "application/hl7-v2");
}

TEST(HttpAnswer, refuses_with_the_status_of_the_fault_and_says_why) {
  const auto response =
      answer(post("/", "application/hl7-v2"), kMessage, refused(FaultCode::required_missing), Reply::ack, MessageId{6});
  EXPECT_EQ(response.status, entry(FaultCode::required_missing).http_status);
  EXPECT_NE(response.body.find("\rMSA|AE|7"), std::string::npos);
}

TEST(HttpAnswer, tells_when_to_come_again) {
  const auto response = answer(post("/", ""), kMessage, refused(FaultCode::disk_reserve), Reply::ack, MessageId{6});
  EXPECT_EQ(response.status, 507);
  EXPECT_EQ(find_header(response.headers, "Retry-After"), "5");
}

TEST(HttpAnswer, by_status_is_202_with_the_id_that_the_engine_gave) {
  const auto response = answer(post("/", ""), kMessage, committed(), Reply::status, MessageId{5});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "{\"id\":\"" + to_string(MessageId{5}) + "\",\"duplicate\":false,\"status\":\"/status/T-1\"}\n");
  const auto no = answer(post("/", ""), "junk", refused(FaultCode::not_hl7), Reply::status, MessageId{6});
  EXPECT_EQ(no.status, 400);
  EXPECT_NE(no.body.find("\"fault\":\"M0110\""), std::string::npos);
}

TEST(HttpAnswer, never_acknowledges_an_acknowledgement) {
  const auto response =
      answer(post("/", ""), "MSH|^~\\&|A|B|C|D|1||ACK|9|P|2.5\rMSA|AA|1\r", committed(), Reply::ack, MessageId{5});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body.find("MSA"), std::string::npos);
}

TEST(HttpHead, is_judged_by_path_method_and_content) {
  SourceSettings settings;
  settings.paths = {"/orders", "/lab/*"};
  settings.content_types = {"application/hl7-v2"};
  const auto hl7 = [](const std::string& path) { return post(path, "Application/HL7-v2 ; charset=utf-8"); };
  EXPECT_FALSE(head_fault(hl7("/orders"), settings));
  EXPECT_FALSE(head_fault(hl7("/lab/a/b"), settings));
  for (const auto* path : {"/", "/orders/", "/orders/x", "/lab", "/lab/", "/Orders"})
    EXPECT_EQ(head_fault(hl7(path), settings), FaultCode::no_such_page) << path;
  auto get = hl7("/orders");
  get.method = "GET";
  EXPECT_EQ(head_fault(get, settings), FaultCode::wrong_method);
  EXPECT_EQ(head_fault(post("/orders", "application/json"), settings), FaultCode::content_type_not_taken);
  EXPECT_FALSE(head_fault(post("/orders", ""), settings));
  auto packed = hl7("/orders");
  packed.headers.push_back({"content-encoding", "gzip"});
  EXPECT_EQ(head_fault(packed, settings), FaultCode::content_type_not_taken);
}

class Door : public ::testing::Test {
 protected:
  Door() { ::setenv("MYELIN_TEST_DOOR", "opensesame", 1); }
  ~Door() override { ::unsetenv("MYELIN_TEST_DOOR"); }
  config::SecretReference secret{"env", "MYELIN_TEST_DOOR"};
  MonoTime now{};
};

TEST_F(Door, lets_in_who_has_the_token) {
  Doorkeeper door(Credentials{"", secret});
  ASSERT_TRUE(door.learn(now));
  EXPECT_TRUE(door.lets_in("Bearer opensesame", now));
  EXPECT_TRUE(door.lets_in("bearer  opensesame", now));
  for (const auto* field :
       {"", "Bearer", "Bearer opensesam", "Bearer opensesame ", "Bearer Opensesame", "opensesame", "Basic opensesame"})
    EXPECT_FALSE(door.lets_in(field, now)) << field;
  EXPECT_EQ(door.challenge(), "Bearer realm=\"myelin\"");
}

TEST_F(Door, lets_in_who_has_user_and_password) {
  Doorkeeper door(Credentials{"Aladdin", secret});
  ASSERT_TRUE(door.learn(now));
  EXPECT_EQ(base64("Aladdin:open sesame"), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
  EXPECT_TRUE(door.lets_in("Basic " + base64("Aladdin:opensesame"), now));
  EXPECT_FALSE(door.lets_in("Basic " + base64("Aladdin:other"), now));
  EXPECT_FALSE(door.lets_in("Bearer opensesame", now));
}

TEST_F(Door, hears_of_a_new_secret_by_itself) {
  Doorkeeper door(Credentials{"", secret});
  ASSERT_TRUE(door.learn(now));
  ::setenv("MYELIN_TEST_DOOR", "changed", 1);
  EXPECT_TRUE(door.lets_in("Bearer opensesame", now));
  EXPECT_TRUE(door.lets_in("Bearer changed", now + Doorkeeper::kForgets));
  ::unsetenv("MYELIN_TEST_DOOR");
  EXPECT_FALSE(door.lets_in("Bearer changed", now + 2 * Doorkeeper::kForgets));
  EXPECT_EQ(Doorkeeper(Credentials{"", secret}).learn(now).error().code, FaultCode::secret_missing);
}

}  // namespace
}  // namespace myelin::http
