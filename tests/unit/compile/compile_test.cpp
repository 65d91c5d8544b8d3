// The plan of a channel: what of its file stands where, and which mistakes leave it without one.
#include "routes/compile/compile.h"

#include <chrono>
#include <iostream>

#include "routes/compile/channel_file.h"
#include "tests/unit/compile/channel_sample.h"

namespace myelin::routes {
namespace {

TEST(Compile, makes_a_plan_of_a_channel) {
  const auto result = compiled(kChannel);
  ASSERT_EQ(result.plans.size(), 1U);
  const auto& plan = *result.plans.front();
  EXPECT_EQ(plan.channel, "adt");
  EXPECT_EQ(plan.about, "Admissions");
  EXPECT_EQ(plan.version, "2.4");
  EXPECT_EQ(plan.place, "channels/channel.yaml");
  EXPECT_FALSE(plan.paused);
  EXPECT_EQ(plan.source_name, "pas");
  EXPECT_TRUE(plan.listen);
  EXPECT_EQ(plan.duplicates.window, hours(1));
  EXPECT_EQ(plan.accept.types, words("ADT^A01 ADT^*"));
  EXPECT_EQ(plan.accept.versions, words("2.4 2.5.1"));
  EXPECT_EQ(plan.accept.checks.size(), 1U);
  EXPECT_EQ(plan.steps.size(), 1U);
  EXPECT_EQ(plan.hash.size(), 64U);
  ASSERT_EQ(result.texts.size(), 1U);
  EXPECT_EQ(result.texts[0], kChannel);
  EXPECT_EQ(result.files, 3);
}

TEST(Compile, keeps_routes_in_the_order_of_the_file) {
  const auto result = compiled(kChannel);
  const auto& routes = result.plans.at(0)->routes;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].name, "lab");
  EXPECT_EQ(routes[0].destination, "lab");
  EXPECT_TRUE(routes[0].when);
  EXPECT_TRUE(routes[0].connect);
  EXPECT_EQ(routes[0].steps.size(), 1U);
  EXPECT_EQ(routes[0].place, "channels/channel.yaml:15:3");
  EXPECT_EQ(routes[1].name, "archive");
  EXPECT_EQ(routes[1].destination, "mllp");
  EXPECT_FALSE(routes[1].when);
}

TEST(Compile, fills_the_lane_policy) {
  const auto result = compiled(kChannel);
  const auto& lane = result.plans.at(0)->routes.at(0).lane;
  EXPECT_EQ(lane.retry.first, seconds(2));
  EXPECT_EQ(lane.retry.longest, minutes(5));
  EXPECT_EQ(lane.retry.least, milliseconds(100));
  EXPECT_TRUE(lane.settle_each);
  ASSERT_EQ(lane.on_reply.size(), 3U);
  EXPECT_EQ(lane.on_reply[0].code, "AE");
  EXPECT_TRUE(lane.on_reply[0].when);
  EXPECT_EQ(lane.on_reply[0].action, ReplyAction::retry);
  EXPECT_EQ(lane.on_reply[0].retries, 10);
  EXPECT_EQ(lane.on_reply[0].every, minutes(1));
  EXPECT_EQ(lane.on_reply[0].then, ReplyAction::hold);
  EXPECT_EQ(lane.on_reply[1].retries, 0);  // as long as it is answered so
  EXPECT_EQ(lane.on_reply[2].code, "409");
  EXPECT_EQ(lane.on_reply[2].action, ReplyAction::delivered);
  EXPECT_FALSE(result.plans.at(0)->routes.at(1).lane.settle_each);
}

TEST(Compile, reads_the_tests_of_a_channel) {
  const auto result = compiled(kChannel);
  ASSERT_EQ(result.tests.size(), 1U);
  EXPECT_EQ(result.tests[0].channel, "adt");
  const auto& test = result.tests[0].cases.at(0);
  EXPECT_EQ(test.it, "works");
  ASSERT_EQ(test.given.size(), 2U);
  EXPECT_EQ(test.given[0].file, "channels/samples/a.hl7");
  EXPECT_EQ(test.given[0].content, kSample);
  EXPECT_EQ(test.given[1].content, "MSH|^~\\&|PAS\rPID|1\r");
  EXPECT_EQ(test.given[1].after, seconds(2));
  EXPECT_EQ(test.replies.at("lab"), words("AE none 503"));
  EXPECT_EQ(test.run_for, seconds(10));
  EXPECT_EQ(test.ack + test.fault + test.at + test.filtered, "AEM0203PID-3not here");
  EXPECT_TRUE(test.others_none);
  ASSERT_EQ(test.routes.size(), 2U);
  const auto& lab = test.routes[0];
  ASSERT_EQ(lab.fields.size(), 1U);
  EXPECT_EQ(lab.fields[0].path_text + "=" + lab.fields[0].value, "PID-8=2");
  ASSERT_EQ(lab.absent.size(), 2U);
  EXPECT_EQ(lab.absent[1].first, "PV1-9");
  EXPECT_EQ(lab.parked, "unmapped");
  EXPECT_EQ(lab.attempts, 2);
  EXPECT_EQ(lab.equals, "expected/a.hl7");
  EXPECT_TRUE(test.routes[1].unchanged);
}

TEST(Compile, writes_what_a_test_says_is_different_into_its_sample) {
  const auto text = with(kChannel, "    replies:", "    with:\n      PID-5: ROE^TOM\n      PID-8: \"\"\n    replies:");
  auto others = usual();
  const auto one = with(text, "      - after: 2s\n      - text: |\n          MSH|^~\\&|PAS\n          PID|1\n", "");
  const auto result = compiled(one, others);
  EXPECT_EQ(result.tests.at(0).cases.at(0).given.at(0).content,
            "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rEVN|A01\rPID|1||1^^^W^MR||ROE^TOM||1970|\r");
}

TEST(Compile, reads_tests_that_stand_beside_the_channel) {
  auto others = usual();
  others["channels/channel.test.yaml"] =
      "tests:\n  - it: also works\n    given: samples/a.hl7\n    expect: { ack: AA }\n";
  const auto result = compiled(kChannel, others);
  ASSERT_EQ(result.tests.at(0).cases.size(), 2U);
  EXPECT_EQ(result.tests[0].cases[1].it, "also works");
}

TEST(Compile, makes_no_plan_of_a_channel_with_a_mistake_but_of_the_others) {
  auto others = usual();
  others["channels/other.yaml"] =
      "channel: other\nsource: { mllp: { listen: 127.0.0.1:2599 } }\nroutes: { lab: { to: lab } }\n";
  const auto result = compile_text(with(kChannel, "to: lab", "to: labb"), testing::fake_adapters(), others);
  EXPECT_EQ(result.diagnostics.errors(), 1U);
  ASSERT_EQ(result.plans.size(), 1U);
  EXPECT_EQ(result.plans[0]->channel, "other");
  EXPECT_EQ(result.tests.size(), 1U);
  EXPECT_EQ(result.texts.size(), 1U);
}

TEST(Compile, makes_no_plan_of_a_channel_whose_connection_has_a_mistake) {
  auto others = usual();
  others["connections.yaml"] = with(kConnections, "connect", "conect");
  const auto result = compile_text(kChannel, testing::fake_adapters(), others);
  EXPECT_EQ(result.diagnostics.errors(), 1U);
  EXPECT_TRUE(result.plans.empty());
}

TEST(Compile, knows_the_states_of_a_channel) {
  EXPECT_TRUE(compiled(with(kChannel, "source: pas", "source: pas\nstate: paused")).plans.at(0)->paused);
  EXPECT_TRUE(compiled(with(kChannel, "source: pas", "source: pas\nstate: disabled")).plans.empty());
}

TEST(Compile, lets_a_disabled_channel_share_an_address) {
  auto others = usual();
  others["channels/other.yaml"] = "channel: other\nstate: disabled\nsource: pas\nroutes: { lab: { to: lab } }\n";
  EXPECT_EQ(compiled(kChannel, others).plans.size(), 1U);
}

TEST(Compile, turns_duplicates_off_on_request_and_has_ten_minutes_otherwise) {
  EXPECT_EQ(compiled(with(kChannel, "duplicates: 1h", "duplicates: none")).plans.at(0)->duplicates.window,
            Duration::zero());
  EXPECT_EQ(compiled(with(kChannel, "duplicates: 1h\n", "")).plans.at(0)->duplicates.window, minutes(10));
}

TEST(Compile, keeps_the_facts_that_a_channel_names_and_those_of_the_channels_that_it_feeds) {
  const auto others = with_tls(usual(), {
                                            {"channels/front.yaml",
                                             "channel: front\nsource: web\nroutes:\n  b:\n    when: $header.X-A == "
                                             "\"1\" or $user == \"x\"\n    to: { channel: back }\n"},
                                            {"channels/back.yaml",
                                             "channel: back\nsource: { channel: {} }\nsteps:\n  - set:\n      MSH-4: "
                                             "=$query.Ward & $header.x-a\nroutes:\n"
                                             "  lab: { to: lab }\n"},
                                        });
  const auto result = compiled("", others);
  ASSERT_EQ(result.plans.size(), 2U);
  EXPECT_EQ(result.plans[0]->channel, "back");
  EXPECT_EQ(result.plans[0]->facts, (std::vector<std::string>{"header.x-a", "query.Ward"}));
  EXPECT_EQ(result.plans[1]->facts, (std::vector<std::string>{"header.x-a", "query.Ward"}));
}

TEST(Compile, compares_places_as_the_dates_and_numbers_that_the_dictionary_has_there) {
  const auto holds = [](const std::string& when) {
    const auto result = compiled(with(kChannel, "MSH-9.2 == \"A01\"", when));
    if (result.plans.empty()) return std::string("mistake");
    const auto body = result.plans[0]->read(Bytes(std::string(kSample)));
    return std::string(result.plans[0]->routes[0].when->holds(*body, Context()) ? "true" : "false");
  };
  EXPECT_EQ(holds("PID-7 < \"2000\""), "true");       // 1970, a TS
  EXPECT_EQ(holds("PID-7 >= \"19700101\""), "true");  // to the shorter precision
  EXPECT_EQ(holds("MSH-7 > PID-7"), "true");
  EXPECT_EQ(holds("PID-1 <= 1"), "true");
  EXPECT_EQ(holds("PID-1 > 1"), "false");
  EXPECT_EQ(holds("EVN-2 < \"2000\" or EVN-2 >= \"2000\""), "false");  // absent
}

TEST(Compile, gives_the_routes_the_alerts_of_the_channel_where_they_do_not_speak_of_them) {
  auto text = with(kChannel, "duplicates: 1h\n",
                   "alerts:\n  - { oldest: 2m, severity: critical, notify: lab }\n  - { parked: never }\n");
  text = with(text, "    settle: each\n", "    settle: each\n    alerts: [ { parked: each, severity: info } ]\n");
  const auto plan = compiled(text).plans.at(0);
  const auto said = [](const std::vector<AlertRule>& rules) {
    std::string all;
    for (const auto& rule : rules)
      all += std::to_string(static_cast<int>(rule.kind)) + std::string(name_of(rule.severity)) + rule.notify + " ";
    return all;
  };
  EXPECT_EQ(said(plan->alerts), "0criticallab 2warning ");
  EXPECT_EQ(said(plan->find_route("archive")->alerts), "0criticallab 2warning ");
  EXPECT_EQ(said(plan->find_route("lab")->alerts), "1info 0criticallab 2warning ");
  EXPECT_TRUE(plan->notify.contains("lab"));
  EXPECT_TRUE(plan->find_route("lab")->notify.contains("lab"));
}

TEST(Compile, says_that_a_directory_is_missing) {
  const auto result = Compiler("/nowhere/at/all/", testing::fake_adapters()).compile();
  EXPECT_TRUE(result.plans.empty());
  ASSERT_EQ(result.diagnostics.errors(), 1U);
  EXPECT_EQ(config::to_string(result.diagnostics.all()[0].place), "/nowhere/at/all/channels");
}

TEST(Compile, has_a_mistake_or_a_plan_for_every_prefix_and_for_every_line_that_is_missing) {
  const auto check = [](std::string_view text) {
    const auto result = compile_text(text, testing::fake_adapters(), usual());
    EXPECT_NE(result.plans.empty(), result.diagnostics.ok()) << text;
  };
  for (std::size_t size = 1; size < kChannel.size(); ++size) check(kChannel.substr(0, size));
  for (std::size_t at = 0; at < kChannel.size();) {
    const auto end = kChannel.find('\n', at) + 1;
    check(std::string(kChannel.substr(0, at)) + std::string(kChannel.substr(end)));
    at = end;
  }
}

TEST(Keys, have_a_line_and_an_example_each) {
  const std::vector<const config::Spec*> specs = {&channel_spec(),     &accept_spec(), &route_spec(),     &retry_spec(),
                                                  &reply_retry_spec(), &test_spec(),   &connection_spec()};
  for (const auto* spec : specs)
    for (const auto& option : spec->options) {
      EXPECT_FALSE(option.doc.empty()) << spec->name << " " << option.name;
      EXPECT_FALSE(option.example.empty()) << spec->name << " " << option.name;
    }
}

TEST(Compile, checks_a_thousand_channels) {
  Others others = usual();
  for (int number = 0; number < 1000; ++number) {
    const auto name = std::to_string(number);
    others["channels/c" + name + ".yaml"] = with(with(kChannel, "channel: adt", "channel: c" + name), "source: pas",
                                                 "source: { mllp: { listen: 127.0.0.1:0 } }");
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto result = compiled("", others);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(result.plans.size(), 1000U);
  std::cout << "1,000 channels in " << std::chrono::duration_cast<milliseconds>(took).count() << " ms\n";
}

}  // namespace
}  // namespace myelin::routes
