// What a test expects, held against what became of its messages: the sender's answer and each route's fate
// (expectations.cpp), and what was sent, field by field, place by place or line by line (expectations_content.cpp).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/path.h"
#include "engine/main/workbench/test_runner.h"

namespace myelin {

// What became of one route in this test, over all messages that were given.
struct RouteFate {
  std::vector<const Delivery*> deliveries;
  std::vector<const Sent*> sent;
};

class Expectations {
 public:
  Expectations(const Plan& plan, const routes::TestCase& test, const std::vector<Rehearsed>& messages,
               const std::vector<Sent>& sent, TestResult& result)
      : plan_(plan), test_(test), messages_(messages), result_(result) {
    for (const auto& message : messages)
      for (const auto& delivery : message.deliveries) fates_[delivery.lane.route].deliveries.push_back(&delivery);
    for (const auto& each : sent) fates_[each.route].sent.push_back(&each);
  }

  void check() {
    check_answer();
    for (const auto& [route, expected] : test_.deliveries) check_count(route, expected.first, expected.second);
    for (const auto& expected : test_.routes) check_route(expected, fate_of(expected));
    if (test_.reply) check_bytes_of(*test_.reply, Bytes(messages_.back().ack_message));
    if (test_.others_none) check_others();
    if (!result_.passed()) note_fates();
  }

 private:
  void mismatch(std::string about, std::string expected, std::string got, const config::Place& place) {
    result_.mismatches.push_back(
        {std::move(about), std::move(expected), std::move(got), place.line ? place : test_.place});
  }

  // expectations.cpp
  RouteFate fate_of(const routes::RouteExpectation& expected) const;
  void check_count(const std::string& route, int expected, const config::Place& place);
  void check_answer();
  void check_fault();
  void check_route(const routes::RouteExpectation& expected, const RouteFate& fate);
  void check_state(const routes::RouteExpectation& expected, const RouteFate& fate, State state,
                   const std::string& why);
  void check_others();
  void note_fates();

  // expectations_content.cpp
  void check_content(const routes::RouteExpectation& expected, const RouteFate& fate);
  void check_bytes_of(const routes::RouteExpectation& expected, const Bytes& bytes);
  void check_places(const routes::RouteExpectation& expected, std::string_view bytes);
  void check_field(const routes::RouteExpectation& expected, const routes::FieldExpectation& field,
                   const hl7::Tree& tree);
  void check_same(const routes::RouteExpectation& expected, const std::string& wanted, std::string_view what,
                  const hl7::Tree& sent);
  void check_text(const routes::RouteExpectation& expected, const std::string& wanted, std::string_view sent);
  void check_bytes(const routes::RouteExpectation& expected, std::string_view sent);
  void check_equals(const routes::RouteExpectation& expected, const hl7::Tree* sent, std::string_view bytes);
  static std::string path_of_file(const routes::RouteExpectation& expected);
  const Bytes& original() const;

  const Plan& plan_;
  const routes::TestCase& test_;
  const std::vector<Rehearsed>& messages_;
  TestResult& result_;
  std::map<std::string, RouteFate, std::less<>> fates_;
  MessageId about_;  // whose delivery is looked at
};

std::string in_quotes(std::string_view text);
std::string fate_text(const Delivery& delivery);

}  // namespace myelin
