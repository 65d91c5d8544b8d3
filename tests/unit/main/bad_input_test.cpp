// Bad input of a configuration: each kind is refused or stopped with a clear code, quickly, and what goes wrong with
// one message leaves the lane going on with the next.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "adapters/catalog.h"
#include "engine/base/event.h"
#include "engine/main/workbench/rehearsal.h"
#include "routes/compile/compile_files.h"

namespace myelin {
namespace {

constexpr std::string_view kAdmission =
    "MSH|^~\\&|PAS|W|LAB|H|20260101080000||ADT^A01^ADT_A01|B1|P|2.5.1\rEVN|A01\rPID|1||44^^^WEST^MR||DOE^ANN\r";

routes::Compiled compiled(const std::string& channel) {
  return routes::compile_text(channel, adapters::catalog(),
                              {{"connections.yaml",
                                "pas: { kind: mllp, listen: 127.0.0.1:2575 }\n"
                                "lab: { kind: mllp, connect: 127.0.0.1:2601 }\n"}});
}

// The codes of its mistakes; bad input is told in seconds, however large it is.
std::string refused(const std::string& channel) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = compiled(channel);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_TRUE(result.plans.empty());
  std::string codes;
  for (const auto& item : result.diagnostics.sorted()) codes += std::string(item.code) + " ";
  return codes;
}

std::string with_steps(const std::string& steps) {
  return "channel: adt\nversion: \"2.5.1\"\nsource: pas\nroutes:\n  lab:\n    to: lab\n    steps:\n" + steps;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int time = 0; time < times; ++time) all += text;
  return all;
}

TEST(BadInput, an_alias_bomb_is_refused_at_its_first_anchor) {
  EXPECT_TRUE(refused("channel: &a [x, x]\nabout: &b [*a, *a, *a]\nsource: [*b, *b, *b, *b]\n").contains("C0052"));
}

TEST(BadInput, ten_megabytes_of_yaml_are_refused_before_they_are_read) {
  EXPECT_TRUE(refused(with_steps(repeated("      - set: { MSH-5: LAB }\n", 400'000))).contains("C0057"));
}

TEST(BadInput, yaml_nested_a_thousand_deep_is_refused) {
  EXPECT_TRUE(refused(with_steps("      - set: " + repeated("{ a: ", 1000) + "x" + repeated(" }", 1000) + "\n"))
                  .contains("C0058"));
}

TEST(BadInput, bytes_that_are_no_utf8_are_refused_with_their_place) {
  EXPECT_TRUE(refused("channel: adt\nabout: caf\xE9\nsource: pas\n").contains("C0059"));
}

TEST(BadInput, a_formula_nested_too_deep_is_refused) {
  EXPECT_TRUE(
      refused(with_steps("      - set: { MSH-5: \"=" + repeated("(", 500) + "1" + repeated(")", 500) + "\" }\n"))
          .contains("C0092"));
}

TEST(BadInput, steps_inside_steps_without_an_end_are_refused) {
  std::string steps, indent = "      ";
  for (int depth = 0; depth < 20; ++depth, indent += "  ")
    steps += indent + "- if: present(PID)\n" + indent + "  then:\n";
  EXPECT_TRUE(refused(with_steps(steps + indent + "- delete: ZPI\n")).contains("C0"));
}

std::vector<State> states(const std::string& steps, const std::vector<std::string>& given) {
  set_log_level("off");
  const auto result = compiled(with_steps(steps));
  EXPECT_TRUE(result.diagnostics.ok());
  if (result.plans.empty()) return {};
  Rehearsal rehearsal(*result.plans.front(), {}, time_of_sample(kAdmission));
  EXPECT_TRUE(rehearsal.begin());
  for (const auto& message : given) rehearsal.accept(message);
  rehearsal.run_for(seconds(1));
  std::vector<State> all;
  const auto messages = rehearsal.messages();
  EXPECT_TRUE(messages);
  for (const auto& message : *messages)
    for (const auto& delivery : message.deliveries) all.push_back(delivery.state);
  return all;
}

std::string named(std::string name) {
  std::string message(kAdmission);
  message.replace(message.find("DOE"), 3, name);
  return message.replace(message.find("|B1|"), 4, "|" + name.substr(0, 10) + "|");
}

// RE2 has no pattern that takes longer than its text is long.
TEST(BadInput, a_pattern_that_others_never_finish_is_linear) {
  const auto begin = std::chrono::steady_clock::now();
  const auto ended = states(
      "      - replace: { field: PID-5.1, pattern: \"^(a+)+$\", by: \"\" }\n"
      "      - drop: matched\n        when: PID-5.1 matches \"^(([a-z])+.)+[A-Z]([a-z])+$\"\n",
      {named(std::string(50'000, 'a') + "!")});
  EXPECT_EQ(ended, std::vector<State>{State::delivered});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(BadInput, a_script_that_never_ends_parks_its_message_and_the_lane_goes_on) {
  const auto ended = states("      - script: |\n          if msg[\"PID-5.1\"] == \"LOOP\" then while true do end end\n",
                            {named("LOOP"), named("GOOD")});
  EXPECT_EQ(ended, (std::vector<State>{State::parked, State::delivered}));
}

TEST(BadInput, a_script_that_wants_all_memory_parks_its_message_and_the_lane_goes_on) {
  const auto ended = states(
      "      - script: |\n          local s = \"x\"\n          while msg[\"PID-5.1\"] == \"MUCH\" do s = s .. s end\n",
      {named("MUCH"), named("GOOD")});
  EXPECT_EQ(ended, (std::vector<State>{State::parked, State::delivered}));
}

TEST(BadInput, a_script_with_an_error_parks_its_message_and_the_lane_goes_on) {
  const auto ended = states("      - script: |\n          if msg[\"PID-5.1\"] == \"BAD\" then error(\"no\") end\n",
                            {named("BAD"), named("GOOD")});
  EXPECT_EQ(ended, (std::vector<State>{State::parked, State::delivered}));
}

}  // namespace
}  // namespace myelin
