// What the verbs write about the API's answers, which are made by the API's own views.
#include <gtest/gtest.h>

#include "engine/admin/views.h"
#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

const Console kPlain("status", false, false, 140);
const WallTime kNow(seconds(1'800'000'000));
const MessageId kMessage{7'000'000};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

runtime::ChannelView adt() {
  runtime::ChannelView channel;
  channel.name = "adt";
  channel.about = "admissions";
  channel.state = "running";
  channel.address = "127.0.0.1:2575";
  channel.received = 1'234;
  runtime::LaneView lane;
  lane.lane = LaneKey{"adt", "lab", ""};
  lane.destination = "laboratory";
  lane.last_fault = "M0401";
  lane.last_detail = "connection refused";
  lane.head = DeliveryId::of(kMessage, 0);
  lane.head_attempts = 4;
  lane.next_attempt = kNow + seconds(30);
  channel.lanes.push_back(lane);
  return channel;
}

Counts counts() {
  Counts all;
  all.messages = 2'000;
  all.lanes = {{{"adt", "lab", ""}, State::queued, 12, kNow - minutes(3)},
               {{"adt", "lab", ""}, State::parked, 1, kNow - minutes(2)}};
  return all;
}

std::string status_of(const runtime::ChannelView& channel, const Counts& waiting) {
  const admin::EngineFacts facts{"0.1.0", kNow - hours(3), kNow, hours(3)};
  return status_text(admin::status_view(facts, {channel}, waiting), kPlain);
}

TEST(Status, shows_each_channel_with_its_numbers_and_each_lane_with_its_trouble) {
  const auto text = status_of(adt(), counts());
  EXPECT_TRUE(has(text, "myelin 0.1.0 · up 3 h 00 min · 2,000 messages stored · 13 deliveries unfinished")) << text;
  EXPECT_TRUE(has(text, "running")) << text;
  EXPECT_TRUE(has(text, "1,234")) << text;
  EXPECT_TRUE(has(text, "127.0.0.1:2575")) << text;
  EXPECT_TRUE(
      has(text, "adt/lab  laboratory  retrying       12       1     0   3 min  M0401 unreachable, again in 30 s"))
      << text;
  EXPECT_TRUE(has(text, "`myelin queue adt/lab --state parked` shows it")) << text;
}

TEST(Status, names_who_held_a_lane_and_how_to_release_it) {
  auto channel = adt();
  channel.lanes[0].stopped = LaneStop{channel.lanes[0].lane, kNow - minutes(10), "maintenance", "uid:0 root"};
  const auto text = status_of(channel, counts());
  EXPECT_TRUE(has(text, "maintenance (uid:0 root, 10 min ago)")) << text;
  EXPECT_TRUE(has(text, "`myelin release adt/lab --reason …` lets it go on")) << text;
}

TEST(Status, says_why_a_channel_failed) {
  auto channel = adt();
  channel.state = "failed";
  channel.fault = "M0601 port_in_use: 127.0.0.1:2575";
  EXPECT_TRUE(
      has(status_of(channel, {}), "! adt failed: M0601 port_in_use: 127.0.0.1:2575; it is tried again every 10 s"));
}

TEST(Status, says_first_that_the_disk_has_no_room) {
  const admin::EngineFacts facts{"0.1.0", kNow - hours(3), kNow, hours(3)};
  auto channel = adt();
  channel.state = "failed";
  channel.fault = "M0601 port_in_use";
  const auto view = admin::status_view(facts, {channel}, counts(), DiskRoom{12 << 20, 16 << 20});
  const auto text = status_text(view, kPlain);
  const auto warning =
      std::string("! every new message is refused: the disk of the store has 12.0 MiB free, and 16.0 MiB");
  EXPECT_EQ(text.find("! "), text.find(warning)) << text;
  EXPECT_TRUE(has(text, warning)) << text;
  EXPECT_TRUE(has(top_text(top_view(view, view, ""), kPlain), warning));
  EXPECT_FALSE(has(status_of(channel, counts()), "every new message"));
}

TEST(Status, says_what_waits_on_a_route_that_is_gone) {
  auto waiting = counts();
  waiting.lanes.push_back({{"adt", "old", ""}, State::queued, 3, kNow - minutes(12)});
  waiting.lanes.push_back({{"gone", "lab", ""}, State::held, 1, kNow - minutes(2)});
  const auto text = status_of(adt(), waiting);
  EXPECT_TRUE(has(text, "no route")) << text;
  EXPECT_TRUE(has(text,
                  "! adt/old: 3 wait on a route that is gone, the oldest for 12 min: bring the route back or say `was: "
                  "old` where it goes on, then `myelin reload`; or `myelin queue adt/old --ids | myelin discard -"))
      << text;
  EXPECT_TRUE(has(text, "! gone/lab: 1 waits on a route that is gone, the oldest for 2 min: bring the channel back"))
      << text;
  EXPECT_FALSE(has(text, "! adt/lab: 12 wait")) << text;
  const admin::EngineFacts facts{"0.1.0", kNow, kNow, hours(3)};
  const auto view = admin::status_view(facts, {adt()}, waiting);
  EXPECT_TRUE(has(top_text(top_view(view, view, ""), kPlain), "no route"));
  const auto findings = findings_of(view);
  EXPECT_TRUE(std::ranges::any_of(findings, [](const Finding& one) {
    return one.level == Finding::Level::trouble && one.subject == "lane adt/old" &&
           has(one.said, "no route any more; 3");
  }));
}

TEST(Status, of_one_channel_explains_the_fault_of_the_head) {
  const auto view = admin::channel_views({adt()}, counts()).front();
  const auto text = channel_text(view, kNow, kPlain);
  EXPECT_TRUE(has(text, "admissions")) << text;
  EXPECT_TRUE(has(text, to_string(DeliveryId::of(kMessage, 0)) + " after 4 attempts")) << text;
  EXPECT_TRUE(has(text, "connection refused")) << text;
  EXPECT_TRUE(has(text, "No connection could be made")) << text;
}

Delivery delivery(int ordinal, State state, const char* fault) {
  Delivery made;
  made.id = DeliveryId::of(kMessage, ordinal);
  made.lane = LaneKey{"adt", "lab", ""};
  made.state = state;
  made.fault = fault;
  made.attempts = 2;
  made.changed_at = kNow - seconds(5);
  return made;
}

TEST(Queue, lists_deliveries_with_age_attempts_and_fault) {
  auto waiting = delivery(0, State::queued, "M0402");
  waiting.due = kNow + seconds(20);
  waiting.possible_duplicate = true;
  json::Value queue;
  queue.set("deliveries", json::Array{admin::delivery_view(waiting)}).set("next", "01K2Z9Q7M4X.0");
  const auto text = queue_text(queue, time_of(kMessage) + minutes(7), kPlain);
  EXPECT_TRUE(has(text, to_string(waiting.id))) << text;
  EXPECT_TRUE(has(text, "7 min")) << text;
  EXPECT_TRUE(has(text, "(may have arrived) M0402 The destination did not answer in time")) << text;
  EXPECT_TRUE(has(text, "--after 01K2Z9Q7M4X.0")) << text;
  EXPECT_EQ(queue_text(json::Value().set("deliveries", json::Array{}), kNow, kPlain), "Nothing waits.\n");
}

TEST(Trace, tells_the_story_of_each_delivery_and_what_to_do) {
  Trace trace;
  trace.message =
      Message{kMessage, "adt", kNow - minutes(4), "10.1.2.3:40112", "MSG00001", "ADT^A01", Bytes("MSH|secret")};
  trace.routed = true;
  trace.deliveries = {delivery(0, State::delivered, "M0402"), delivery(1, State::parked, "M0404"),
                      delivery(2, State::held, "")};
  trace.attempts = {{DeliveryId::of(kMessage, 0), 1, kNow - minutes(3), "M0402", "30 s"},
                    {DeliveryId::of(kMessage, 2), 0, kNow, "", "held by uid:0 root: maintenance"}};
  const auto text = trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain);
  const auto parked = to_string(DeliveryId::of(kMessage, 1)), held = to_string(DeliveryId::of(kMessage, 2));
  EXPECT_TRUE(has(text, "received on adt from 10.1.2.3:40112, 4 min ago")) << text;
  EXPECT_TRUE(has(text, "attempt 1: M0402 The destination did not answer in time: 30 s")) << text;
  EXPECT_TRUE(has(text, "delivered: the peer said that it has it")) << text;
  EXPECT_TRUE(has(text, "It says the content is wrong, so repeating does not help.")) << text;
  EXPECT_TRUE(has(text, "next: myelin retry " + parked)) << text;
  EXPECT_TRUE(has(text, "next: myelin discard " + parked)) << text;
  EXPECT_TRUE(has(text, "held by uid:0 root: maintenance")) << text;
  EXPECT_TRUE(has(text, "next: myelin release " + held)) << text;
  EXPECT_FALSE(has(text, "secret"));
  trace.attempts = {{DeliveryId::of(kMessage, 1), 0, kNow, "M0301", "no row"}};  // a step's fault: nothing was sent
  const auto unsent = trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain);
  EXPECT_TRUE(has(unsent, "  M0301 A code has no row in its table: no row")) << unsent;
  EXPECT_FALSE(has(unsent, "attempt 0")) << unsent;
}

std::string trace_of(const Delivery& one, const runtime::Waits& waits) {
  Trace trace;
  trace.message.id = kMessage;
  trace.routed = true;
  trace.deliveries = {one};
  return trace_text(admin::trace_view(trace, admin::Content::left_out, {}, {waits}), kNow, kPlain);
}

TEST(Trace, says_what_a_queued_delivery_waits_for_and_what_can_be_done) {
  using runtime::WaitsFor;
  const auto queued = delivery(0, State::queued, "");
  runtime::Waits waits;
  waits.what = WaitsFor::lane;
  waits.stop = LaneStop{queued.lane, kNow, "maintenance", "uid:0 root"};
  auto text = trace_of(queued, waits);
  EXPECT_TRUE(has(text, "queued: waits, since route adt/lab is held by uid:0 root: maintenance")) << text;
  EXPECT_TRUE(has(text, "next: myelin release adt/lab --reason …")) << text;
  EXPECT_FALSE(has(text, "next: myelin retry")) << text;

  waits.what = WaitsFor::key;
  waits.stop->lane.key = "0123";
  EXPECT_TRUE(has(trace_of(queued, waits), "next: myelin release adt/lab/0123 --reason …"));

  waits = {};
  waits.what = WaitsFor::release;
  waits.behind = DeliveryId::of(MessageId{6'000'000}, 1);
  const auto id = to_string(*waits.behind);
  text = trace_of(queued, waits);
  EXPECT_TRUE(has(text, "queued: behind " + id + ", which is held")) << text;
  EXPECT_TRUE(has(text, "next: myelin release " + id + " --reason …")) << text;

  waits = {};
  waits.what = WaitsFor::peer;
  waits.peer = "127.0.0.1:2576";
  waits.until = kNow + seconds(30);
  text = trace_of(queued, waits);
  EXPECT_TRUE(has(
      text, "waits for 127.0.0.1:2576, which does not answer: it is tried once in a while, in 30 s; 2 attempts so far"))
      << text;
  EXPECT_TRUE(has(text, "next: myelin retry")) << text;

  waits = {};
  waits.what = WaitsFor::sending;
  text = trace_of(queued, waits);
  EXPECT_TRUE(has(text, "queued: is being sent at this moment")) << text;
  EXPECT_FALSE(has(text, "next:")) << text;

  waits.what = WaitsFor::no_route;
  for (const auto state : {State::queued, State::held}) {
    text = trace_of(delivery(0, state, ""), waits);
    EXPECT_TRUE(has(text, "waits on a route that is gone: channel adt has no route lab any more")) << text;
    EXPECT_TRUE(has(text, "next: bring the route back, or say `was: lab`")) << text;
    EXPECT_TRUE(has(text, "next: myelin discard")) << text;
    EXPECT_FALSE(has(text, "next: myelin re")) << text;
  }
}

TEST(Queue, says_what_its_deliveries_wait_for) {
  runtime::Waits waits;
  waits.what = runtime::WaitsFor::release;
  waits.behind = DeliveryId::of(MessageId{6'000'000}, 1);
  json::Value queue;
  queue.set("deliveries", json::Array{admin::delivery_view(delivery(0, State::queued, ""), waits)});
  const auto text = queue_text(queue, kNow, kPlain);
  EXPECT_TRUE(has(text, "behind " + to_string(*waits.behind) + ", which is held")) << text;
}

TEST(Trace, tells_the_attempts_before_a_retry_from_those_after_it) {
  Trace trace;
  trace.message.id = kMessage;
  trace.routed = true;
  trace.deliveries = {delivery(0, State::parked, "M0404"), delivery(1, State::discarded, "")};
  trace.deliveries[1].detail = "its sender has gone";
  const auto id = trace.deliveries[0].id;
  trace.attempts = {{id, 1, kNow - minutes(3), "M0404", "no ward"},
                    {id, 1, kNow - minutes(2), "", "queued by anna: mended"},
                    {id, 1, kNow - minutes(1), "M0404", "no ward"}};
  const auto text = trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain);
  EXPECT_TRUE(has(text, "attempt 1: M0404 The destination answered AE: no ward")) << text;
  EXPECT_TRUE(has(text, "attempt 1 since then: M0404 The destination answered AE: no ward")) << text;
  EXPECT_TRUE(has(text, "discarded: its sender has gone")) << text;
  EXPECT_FALSE(has(text, "given up by a person")) << text;
  EXPECT_TRUE(has(std::string(entry(FaultCode::refused_ae).explanation), "`myelin release` one that is held"));
}

TEST(Trace, sends_what_waits_for_a_code_to_the_work_list) {
  auto parked = delivery(0, State::parked, "M0301");
  const auto commands = next_commands(admin::delivery_view(parked));
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_TRUE(has(commands[0], "myelin unmapped ")) << commands[0];
}

TEST(Plan, says_where_what_waits_goes_on_under_another_name) {
  auto plan = std::make_shared<Plan>();
  plan->channel = "adt";
  plan->hash = "new";
  Route route;
  route.name = "reg2";
  route.was = "registry";
  plan->routes.push_back(route);
  auto renamed = std::make_shared<Plan>();
  renamed->channel = "results";
  renamed->was = "lab";
  const auto running = [](const char* channel, const char* lane) {
    json::Value view, one;
    one.set("route", lane).set("waiting", 3);
    return view.set("name", channel).set("hash", "old").set("lanes", json::Array{std::move(one)});
  };
  const json::Value all{json::Array{running("adt", "registry"), running("lab", "ward")}};
  const auto text = plan_text(planned_changes({plan, renamed}, all), kPlain);
  EXPECT_TRUE(has(text, "3 messages on registry: go on as reg2, in their order")) << text;
  EXPECT_FALSE(has(text, "is gone")) << text;
  EXPECT_TRUE(has(text, "it is called results now: 3 messages that wait go on there, in their order")) << text;
}

TEST(Trace, shows_what_a_peer_answered_only_with_the_content) {
  Trace trace;
  trace.message.id = kMessage;
  trace.routed = true;
  trace.deliveries = {delivery(0, State::parked, "M0404")};
  PeerAnswer answer;
  answer.id = DeliveryId::of(kMessage, 0);
  answer.attempt = 1;
  answer.bytes = Bytes("MSA|AE|1|no such room");
  trace.answers = {answer};
  const auto text = trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain);
  EXPECT_TRUE(has(text, " is kept, 21 bytes: myelin trace " + to_string(answer.id) + " --bytes")) << text;
  EXPECT_FALSE(has(json::write(admin::trace_view(trace, admin::Content::left_out)), "TVNBfEF"));
  const auto shown = admin::trace_view(trace, admin::Content::shown);
  EXPECT_EQ(shown["answers"].array()->front()["bytes"].text_or(""), "TVNBfEFFfDF8bm8gc3VjaCByb29t");
}

TEST(Trace, says_where_a_message_is_that_was_handed_over) {
  Trace trace;
  trace.message.id = kMessage;
  trace.routed = true;
  trace.deliveries = {delivery(0, State::delivered, "")};
  trace.deliveries[0].detail = "channel back has it as 01K2Z9Q7M4X";
  const auto text = trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain);
  EXPECT_TRUE(has(text, "  channel back has it as 01K2Z9Q7M4X\n")) << text;
}

TEST(Trace, says_that_no_route_wanted_the_message) {
  Trace trace;
  trace.message.id = kMessage;
  EXPECT_TRUE(has(trace_text(admin::trace_view(trace, admin::Content::left_out), kNow, kPlain), "no route wanted it"));
}

TEST(Reload, shows_what_changed_and_what_failed) {
  admin::ReloadResult result;
  result.report.changed = {"adt", "lab"};
  result.report.faults = {{"lab", Fault{FaultCode::port_in_use, "127.0.0.1:2575", {}, {}}}};
  const auto text = reload_text(admin::reload_view(result), kPlain);
  EXPECT_TRUE(has(text, "changed    adt, lab\n")) << text;
  EXPECT_TRUE(has(text, "failed     lab  M0601 The address is in use: 127.0.0.1:2575; it is tried again every 10 s"))
      << text;
}

TEST(History, shows_what_went_live_and_that_the_files_are_not_what_runs) {
  admin::LiveConfiguration one{.number = 12, .hash = "abc", .at = kNow, .by = "uid:1000 anna", .how = "reload"};
  one.changed = {"adt", "lab"};
  json::Array all;
  all.push_back(admin::configuration_view(one));
  const auto text = history_text(json::Value().set("configurations", all), kPlain);
  EXPECT_TRUE(has(text, "reload  uid:1000 anna  abc   (runs) changed adt, lab\n")) << text;
  EXPECT_FALSE(has(text, "rolled back"));
  one.failed = {"lab"};
  EXPECT_TRUE(
      has(history_text(json::Value().set("configurations", json::Array{admin::configuration_view(one)}), kPlain),
          "(runs) failed: lab; changed adt, lab\n"));
  one.failed.clear();
  one.how = "rollback";
  one.of = 9;
  one.reason = "no results";
  const auto view = admin::configuration_view(one);
  all.insert(all.begin(), view);
  const auto back = history_text(json::Value().set("configurations", all), kPlain);
  EXPECT_TRUE(has(back, "rollback to 9  uid:1000 anna  abc   (runs) no results\n")) << back;
  EXPECT_TRUE(has(back, "! uid:1000 anna rolled back to configuration 9: it runs, and not the files")) << back;
  EXPECT_TRUE(has(status_text(json::Value().set("configuration", view), kPlain), "rolled back to configuration 9"));
}

TEST(Next, is_offered_only_where_a_person_can_do_something) {
  EXPECT_EQ(next_commands(admin::delivery_view(delivery(0, State::parked, ""))).size(), 2U);
  EXPECT_EQ(next_commands(admin::delivery_view(delivery(0, State::queued, ""))).size(), 2U);
  EXPECT_TRUE(next_commands(admin::delivery_view(delivery(0, State::delivered, ""))).empty());
}

}  // namespace
}  // namespace myelin
