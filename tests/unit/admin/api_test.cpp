// The routes against an engine of a few lambdas: what is asked of it, and what is answered.
#include "tests/unit/admin/api_engine.h"

namespace myelin::admin {
namespace {

std::int64_t actions() {
  for (const auto& count : event_counts())
    if (count.name == "operator_action") return count.count;
  return -1;
}

TEST_F(AdminApi, says_that_it_is_not_ready_and_why_while_nothing_is_admitted) {
  EXPECT_EQ(ask("GET", "/api/v1/ready").status, 200);
  engine_.not_ready = Fault{FaultCode::disk_reserve, {}, {}, {}};
  const auto response = ask("GET", "/api/v1/ready");
  EXPECT_EQ(response.status, 503);
  const auto body = json::read(response.body).value_or(json::Value());
  EXPECT_EQ(body["fault"].text_or(""), "M0501");
  EXPECT_EQ(body["reason"].text_or(""), "The disk has reached its reserve");
}

TEST_F(AdminApi, says_which_keys_there_are_where_one_is_unknown) {
  engine_.channels[0].index = {"mrn"};
  const auto unknown = ask("POST", "/api/v1/messages/search", R"({"keys":{"mrnx":"1"}})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(unknown.body.find("no channel has the index 'mrnx'; there is mrn"), std::string::npos) << unknown.body;
  const auto other = ask("POST", "/api/v1/messages/search", R"({"channel":"lab","keys":{"mrn":"1"}})");
  EXPECT_NE(other.body.find("the channel lab does not have the index 'mrn'"), std::string::npos) << other.body;
}

TEST_F(AdminApi, gives_who_follows_what_comes_only_what_is_newer_and_logs_its_beginning) {
  for (const std::int64_t id : {9, 8, 7}) {
    auto& message = engine_.found.messages.emplace_back().message;
    message.id = MessageId{id};
    message.received_at = loop_.wall() - minutes(9);
  }
  const auto before = actions();
  EXPECT_EQ(ask("POST", "/api/v1/messages/search", "{}").status, 200);
  EXPECT_EQ(actions(), before + 1);
  const auto newer = ask("POST", "/api/v1/messages/search", R"({"above":")" + to_string(MessageId{8}) + R"("})");
  const auto page = *json::read(newer.body);
  ASSERT_EQ(page["messages"].array()->size(), 1U);
  EXPECT_EQ(page["messages"].array()->front()["id"].text_or(""), to_string(MessageId{9}));
  EXPECT_EQ(engine_.searched.since, time_of(MessageId{8}));
  EXPECT_EQ(actions(), before + 1);
  engine_.found.messages.front().message.received_at = loop_.wall() - minutes(11);
  EXPECT_EQ(ask("POST", "/api/v1/messages/search", R"({"above":")" + to_string(MessageId{8}) + R"("})").status, 200);
  EXPECT_EQ(actions(), before + 2) << "who reads back";
  EXPECT_EQ(ask("POST", "/api/v1/messages/search", R"({"above":"x"})").status, 400);
}

TEST_F(AdminApi, knows_a_route_by_its_name_though_its_lanes_are_called_by_their_recipients) {
  engine_.channels[0].routes = {"results"};
  const auto held = ask("POST", "/api/v1/lanes/hold", R"({"channel":"adt","route":"results","reason":"line down"})");
  EXPECT_EQ(held.status, 200) << held.body;
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"channel":"adt","route":"none","reason":"x"})").status, 404);
}

TEST_F(AdminApi, lists_its_routes_each_with_a_sentence) {
  const auto body = get("/api/v1");
  EXPECT_EQ(body["routes"].array()->size(), route_docs().size());
  for (const auto& route : route_docs()) EXPECT_GT(route.doc.size(), 8U) << route.pattern;
}

TEST_F(AdminApi, answers_the_status_of_engine_store_and_channels) {
  engine_.counts.messages = 40;
  engine_.counts.lanes = {{{"adt", "lab", ""}, State::parked, 2, WallTime(seconds(9))}};
  loop_.advance(seconds(90));
  const auto body = get("/api/v1/status");
  EXPECT_EQ(body["engine"]["uptime_s"].integer(), 90);
  EXPECT_FALSE(body["engine"]["version"].text_or("").empty());
  EXPECT_EQ(body["store"]["messages"].integer(), 40);
  EXPECT_EQ(body["store"]["unfinished"].integer(), 2);
  EXPECT_EQ(body["store"]["parked"].integer(), 2);
  EXPECT_EQ(body["channels"].array()->front()["received"].integer(), 12);
  EXPECT_TRUE(body["events"].has("message_stored"));
}

TEST_F(AdminApi, answers_one_channel_by_its_name) {
  EXPECT_EQ(get("/api/v1/channels/adt")["name"].text_or(""), "adt");
  EXPECT_EQ(refused(ask("GET", "/api/v1/channels/other")), "M0509");
}

TEST_F(AdminApi, hands_the_queue_filter_on_and_answers_the_deliveries) {
  const auto body = get("/api/v1/queue?channel=adt&route=lab&state=parked&after=" + to_string(kDelivery) + "&limit=1");
  EXPECT_EQ(engine_.filtered.channel, "adt");
  EXPECT_EQ(engine_.filtered.route, "lab");
  EXPECT_EQ(engine_.filtered.state, State::parked);
  EXPECT_EQ(engine_.filtered.after, kDelivery);
  EXPECT_EQ(engine_.filtered.limit, 1);
  const auto& first = body["deliveries"].array()->front();
  EXPECT_EQ(first["id"].text_or(""), to_string(kDelivery));
  EXPECT_EQ(first["state"].text_or(""), "parked");
  EXPECT_EQ(first["fault_title"].text_or(""), "The destination answered AE");
  EXPECT_EQ(body["next"].text_or(""), to_string(kDelivery));
  EXPECT_TRUE(get("/api/v1/queue?limit=2")["next"].is_null());
}

TEST_F(AdminApi, refuses_a_queue_parameter_that_it_does_not_know_or_cannot_read) {
  for (const auto* query : {"chanel=adt", "state=lost", "limit=0", "limit=1001", "limit=x", "after=7"}) {
    const auto response = ask("GET", std::string("/api/v1/queue?") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(refused(response), "M0703") << query;
  }
  EXPECT_EQ(ask("GET", "/api/v1/queue?limit=1000").status, 200);
}

TEST_F(AdminApi, does_not_call_the_queue_of_a_misspelt_channel_empty) {
  engine_.trace.deliveries.clear();
  EXPECT_EQ(ask("GET", "/api/v1/queue?channel=atd").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/queue?channel=adt&route=labb").status, 404);
  EXPECT_EQ(get("/api/v1/queue?channel=adt&route=lab")["deliveries"].array()->size(), 0U);
  EXPECT_EQ(get("/api/v1/queue?channel=adt")["deliveries"].array()->size(), 0U);
}

TEST_F(AdminApi, traces_a_message_without_its_content) {
  const auto response = ask("GET", "/api/v1/messages/" + to_string(kMessage));
  const auto body = *json::read(response.body);
  EXPECT_EQ(body["message"]["type"].text_or(""), "ADT^A01");
  EXPECT_EQ(body["message"]["size"].integer(), 10);
  EXPECT_EQ(body["deliveries"].array()->size(), 1U);
  EXPECT_EQ(body["attempts"].array()->front()["detail"].text_or(""), "answered AE");
  EXPECT_FALSE(body.has("bytes"));
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(AdminApi, gives_the_content_only_when_asked_and_records_that) {
  const auto before = actions();
  const auto body = get("/api/v1/messages/" + to_string(kMessage) + "?bytes=1");
  EXPECT_EQ(body["bytes"].text_or(""), "TVNIfHNlY3JldA==");
  EXPECT_FALSE(body["note"].text_or("").empty());
  EXPECT_EQ(actions(), before + 1);
}

TEST_F(AdminApi, gives_with_the_content_how_the_message_came_and_what_was_sent) {
  engine_.trace.message.facts = "file=5:a.hl7\nheader.x-ward=2:B2\n";
  engine_.sent = "secret sent";
  const auto path = "/api/v1/messages/" + to_string(kMessage);
  const auto body = get(path + "?bytes=1");
  EXPECT_EQ(body["facts"]["file"].text_or(""), "a.hl7");
  EXPECT_EQ(body["facts"]["header.x-ward"].text_or(""), "B2");
  EXPECT_EQ(body["deliveries"].array()->front()["sent"].text_or(""), "c2VjcmV0IHNlbnQ=");
  const auto without = ask("GET", path);
  EXPECT_EQ(without.body.find("B2"), std::string::npos);
  EXPECT_EQ(without.body.find("c2Vj"), std::string::npos);
}

TEST_F(AdminApi, answers_not_found_for_a_message_that_is_not_there) {
  const auto response = ask("GET", "/api/v1/messages/" + to_string(MessageId{8}));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(refused(response), "M0509");
  EXPECT_EQ(ask("GET", "/api/v1/messages/xyz").status, 400);
}

TEST_F(AdminApi, asks_the_engine_for_each_change_of_a_delivery_with_person_and_reason) {
  for (const auto* verb : {"retry", "hold", "release", "park", "discard"}) {
    const auto before = actions();
    const auto response = ask("POST", deliveries_ + verb, R"({"reason":"the peer is back"})");
    EXPECT_EQ(response.status, 200) << response.body;
    ASSERT_FALSE(engine_.asked.empty());
    EXPECT_EQ(engine_.asked.back().verb, verb);
    EXPECT_EQ(engine_.asked.back().delivery, kDelivery);
    EXPECT_EQ(engine_.asked.back().person.name, "uid:1000 anna");
    EXPECT_EQ(engine_.asked.back().person.reason, "the peer is back");
    EXPECT_EQ(actions(), before + 1);
  }
}

TEST_F(AdminApi, changes_nothing_without_a_reason) {
  for (const auto* body :
       {"", "{}", R"({"reason":" "})", R"({"reason":7})", R"({"reason":"x","force":"yes"})", "[]", "{"}) {
    EXPECT_EQ(ask("POST", deliveries_ + "retry", body).status, 400) << body;
  }
  EXPECT_EQ(ask("POST", deliveries_ + "retry", R"({"reason":")" + std::string(501, 'x') + "\"}").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/deliveries/none/retry", R"({"reason":"x"})").status, 400);
  EXPECT_TRUE(engine_.asked.empty());
  EXPECT_EQ(ask("POST", deliveries_ + "retry", R"({"reason":")" + std::string(500, 'x') + "\"}").status, 200);
}

TEST_F(AdminApi, answers_what_the_engine_refuses_with_the_table_s_status_and_records_nothing) {
  engine_.answer = fail(FaultCode::wrong_state, "it is delivered");
  const auto before = actions();
  const auto response = ask("POST", deliveries_ + "release", R"({"reason":"x"})");
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(refused(response), "M0702");
  const auto error = (*json::read(response.body))["error"];
  EXPECT_EQ(error["detail"].text_or(""), "it is delivered");
  EXPECT_EQ(error["explanation"].text_or(""), entry(FaultCode::wrong_state).explanation);
  EXPECT_EQ(actions(), before);
}

TEST_F(AdminApi, holds_and_releases_a_lane) {
  for (const auto* verb : {"hold", "release"}) {
    const auto before = actions();
    EXPECT_EQ(ask("POST", std::string("/api/v1/lanes/") + verb,
                  R"({"channel":"adt","route":"lab","key":"P1","reason":"maintenance"})")
                  .status,
              200);
    EXPECT_EQ(engine_.asked.back().verb, verb);
    EXPECT_EQ(engine_.asked.back().lane, (LaneKey{"adt", "lab", "P1"}));
    EXPECT_EQ(engine_.asked.back().person.reason, "maintenance");
    EXPECT_EQ(actions(), before + 1);
  }
}

TEST_F(AdminApi, holds_no_lane_that_does_not_exist) {
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"channel":"adt","route":"labb","reason":"x"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"channel":"other","route":"lab","reason":"x"})").status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"route":"lab","reason":"x"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"channel":"adt","reason":"x"})").status, 400);
  EXPECT_TRUE(engine_.asked.empty());
  engine_.counts.lanes = {{{"adt", "gone", ""}, State::queued, 1, WallTime{}}};  // a route that a reload removed
  EXPECT_EQ(ask("POST", "/api/v1/lanes/hold", R"({"channel":"adt","route":"gone","reason":"x"})").status, 200);
}

TEST_F(AdminApi, answers_the_report_of_a_reload) {
  engine_.reloaded.report.changed = {"adt"};
  engine_.reloaded.report.faults.push_back({"adt", Fault{FaultCode::port_in_use, "port 2575", {}, {}}});
  const auto response = ask("POST", "/api/v1/reload");
  EXPECT_EQ(response.status, 200);
  const auto body = *json::read(response.body);
  EXPECT_EQ(body["changed"].array()->front().text_or(""), "adt");
  EXPECT_EQ(body["faults"].array()->front()["code"].text_or(""), "M0601");
  EXPECT_EQ(body["faults"].array()->front()["channel"].text_or(""), "adt");
}

TEST_F(AdminApi, rolls_back_to_a_number_or_to_the_one_before_with_a_reason) {
  EXPECT_EQ(ask("POST", "/api/v1/rollback", R"({"number":"12"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/rollback", R"({"number":"0","reason":"x"})").status, 400);
  EXPECT_TRUE(engine_.asked.empty());
  engine_.reloaded.configuration = 15;
  const auto response = ask("POST", "/api/v1/rollback", R"({"number":"12","reason":"no results"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ((*json::read(response.body))["configuration"].integer_or(0), 15);
  EXPECT_EQ(ask("POST", "/api/v1/rollback", R"({"reason":"no results"})").status, 200);
  ASSERT_EQ(engine_.asked.size(), 2U);
  EXPECT_EQ(engine_.asked[0].verb, "rollback 12");
  EXPECT_EQ(engine_.asked[0].person.reason, "no results");
  EXPECT_EQ(engine_.asked[1].verb, "rollback 0");
}

TEST_F(AdminApi, answers_the_diagnostics_of_a_reload_that_was_refused) {
  engine_.reloaded.fault = Fault{FaultCode::bad_configuration, "2 mistakes", {}, {}};
  engine_.reloaded.diagnostics = "adt.yaml:3:1: error C0001";
  const auto response = ask("POST", "/api/v1/reload");
  EXPECT_EQ(response.status, entry(FaultCode::bad_configuration).http_status);
  EXPECT_EQ(refused(response), "M0605");
  EXPECT_EQ((*json::read(response.body))["diagnostics"].text_or(""), "adt.yaml:3:1: error C0001");
}

TEST_F(AdminApi, tells_an_unknown_path_from_a_wrong_method) {
  for (const auto* path :
       {"/", "/api", "/api/v1/", "/api/v1/statuses", "/api/v1/channels", "/api/v1/channels/", "/api/v1/status/x"})
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  const auto response = ask("POST", "/api/v1/status", "{}");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(refused(response), "M0707");
  EXPECT_EQ(net::find_header(response.headers, "Allow"), "GET");
  EXPECT_EQ(ask("GET", deliveries_ + "retry").status, 405);
}

}  // namespace
}  // namespace myelin::admin
