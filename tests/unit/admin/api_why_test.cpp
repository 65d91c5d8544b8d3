// What the API says of why something waits, is refused or is not there.
#include "tests/unit/admin/api_engine.h"

namespace myelin::admin {
namespace {

TEST_F(AdminApi, says_why_a_delivery_waits_in_its_trace_and_in_the_queue) {
  engine_.trace.deliveries.front().state = State::queued;
  runtime::Waits waits;
  waits.what = runtime::WaitsFor::release;
  waits.behind = DeliveryId::of(MessageId{6'000'000}, 0);
  waits.fault = "M0404";
  engine_.waits = waits;
  const auto id = to_string(*waits.behind);
  for (const auto& path : {"/api/v1/messages/" + to_string(kMessage), std::string("/api/v1/queue")}) {
    const auto body = *json::read(ask("GET", path).body);
    const auto& why = body["deliveries"].array()->front()["waits"];
    EXPECT_EQ(why["for"].text_or(""), "release");
    EXPECT_EQ(why["behind"].text_or(""), id);
    EXPECT_EQ(why["text"].text_or(""), "behind " + id + ", which is held (M0404 The destination answered AE)");
  }
}

TEST_F(AdminApi, refuses_what_would_send_nothing_since_the_route_is_gone) {
  engine_.waits.emplace().what = runtime::WaitsFor::no_route;
  const auto delivery = "/api/v1/deliveries/" + to_string(kDelivery);
  for (const std::string verb : {"/retry", "/release"}) {
    const auto response = ask("POST", delivery + verb, R"({"reason":"x"})");
    EXPECT_EQ(response.status, 409) << verb;
    EXPECT_NE(response.body.find("channel adt has no route lab any more"), std::string::npos) << response.body;
  }
  EXPECT_EQ(ask("POST", "/api/v1/lanes/release", R"({"channel":"adt","route":"lab","reason":"x"})").status, 409);
  EXPECT_TRUE(engine_.asked.empty());
  EXPECT_EQ(ask("POST", delivery + "/discard", R"({"reason":"x"})").status, 200) << "that is what can be done";
}

TEST_F(AdminApi, releases_no_lane_on_which_nothing_is_held) {
  engine_.stops.clear();
  const auto release = [&] {
    return ask("POST", "/api/v1/lanes/release", R"({"channel":"adt","route":"lab","reason":"x"})");
  };
  EXPECT_EQ(release().status, 409);
  EXPECT_NE(release().body.find("nothing is held on adt/lab"), std::string::npos);
  EXPECT_TRUE(engine_.asked.empty());
  engine_.counts.lanes = {{{"adt", "lab", ""}, State::held, 1, WallTime{}}};
  EXPECT_EQ(release().status, 200);
}

TEST_F(AdminApi, says_that_the_disk_has_no_room) {
  engine_.disk = {12, 16};
  const auto body = *json::read(ask("GET", "/api/v1/status").body);
  EXPECT_TRUE(body["store"]["disk"]["refuses"].truth_or(false));
  EXPECT_EQ(body["store"]["disk"]["free"].integer_or(0), 12);
  EXPECT_EQ(body["store"]["disk"]["reserve"].integer_or(0), 16);
  engine_.disk = {16, 16};
  EXPECT_FALSE((*json::read(ask("GET", "/api/v1/status").body))["store"]["disk"]["refuses"].truth_or(true));
}

TEST_F(AdminApi, names_what_there_is_not_and_what_is_near) {
  const auto said = [&](const std::string& path) {
    const auto response = ask("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    return (*json::read(response.body))["error"]["detail"].text_or("");
  };
  EXPECT_EQ(said("/api/v1/channels/adtt"), "there is no channel adtt; did you mean adt?");
  EXPECT_EQ(said("/api/v1/channels/orders"), "there is no channel orders; there is adt");
  engine_.trace.deliveries.clear();
  EXPECT_EQ(ask("POST", "/api/v1/messages/search", R"({"channel":"adtt"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/messages/search", R"({"channel":"adt"})").status, 200);
}

}  // namespace
}  // namespace myelin::admin
