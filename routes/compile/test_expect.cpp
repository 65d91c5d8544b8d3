// `expect:` of a test: what its sender is told and what each route gets, every word and every path checked now.
#include <algorithm>
#include <array>

#include "engine/hl7/ack.h"
#include "routes/compile/route_part.h"
#include "routes/steps/place.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Node;

class ExpectReader {
 public:
  ExpectReader(const TestSurroundings& around, TestCase& test)
      : around_(around), diagnostics_(around.diagnostics), test_(test) {}

  void read(const Node& node) {
    if (!node.is_map()) {
      diagnostics_.add("C0145", node.place(), "`expect` is a map", "expect: { ack: AA, lab: { PID-8: \"1\" } }");
      return;
    }
    for (const auto& entry : node.entries()) read_expectation(entry);
  }

 private:
  void read_expectation(const Node::Entry& entry) {
    const auto& value = entry.value;
    const auto word = value.is_scalar() ? value.text() : std::string();
    if (entry.key == "ack") {
      test_.ack = word;
      if (!is_answer_code(word))
        diagnostics_.add("C0145", value.place(), "the sender is not answered this", "AA, AE, AR, CA, CE or CR");
    } else if (entry.key == "fault") {
      test_.fault = word;
      if (!find_fault(word)) unknown_fault(value, word);
    } else if (entry.key == "at") {
      if (read_path(value, diagnostics_)) test_.at = word;
    } else if (entry.key == "filtered") {
      test_.filtered = word;
    } else if (entry.key == "others") {
      test_.others_none = word == "none";
      if (word != "none")
        diagnostics_.add("C0145", value.place(), "`others` can only be none", "others: none: no other route gets it");
    } else if (entry.key == "reply") {
      if (value.is_map()) test_.reply = read_delivery(entry.key, entry.key_place, value, 0);
      else
        diagnostics_.add("C0145", value.place(), "`reply` is a map of what stands in the answer",
                         "reply: { MSA-1: AA, MSA-2: \"4711\" }");
    } else if (known_word(entry)) {
      read_route(entry);
    }
  }

  bool known_word(const Node::Entry& entry) {
    if (around_.is_route(entry.key)) return true;
    std::vector<std::string_view> legal = {"ack", "fault", "at", "filtered", "others", "reply"};
    legal.insert(legal.end(), around_.routes.begin(), around_.routes.end());
    diagnostics_.add("C0143", entry.key_place,
                     "'" + entry.key + "' is neither a route of this channel nor a word of `expect`",
                     suggestion(entry.key, legal, "there are"));
    return false;
  }

  void unknown_fault(const Node& node, const std::string& word) {
    std::vector<std::string_view> names;
    for (const auto& fault : all_faults()) names.push_back(fault.name);
    const auto near = config::nearest(word, names);
    diagnostics_.add(
        "C0145", node.place(), "there is no fault '" + word + "'",
        near.empty() ? "its id or name, such as M0203 or required_missing" : "did you mean " + std::string(near) + "?");
  }

  // A list: each delivery of the route in turn, parts and further messages alike.
  void read_route(const Node::Entry& entry) {
    if (!entry.value.is_list())
      return test_.routes.push_back(read_delivery(entry.key, entry.key_place, entry.value, 0));
    int number = 0;
    for (const auto& item : entry.value.items())
      test_.routes.push_back(read_delivery(entry.key, item.place(), item, ++number));
    test_.deliveries[entry.key] = {number, entry.key_place};
  }

  RouteExpectation read_delivery(const std::string& route, const config::Place& place, const Node& value, int number) {
    RouteExpectation expected;
    expected.route = route;
    expected.place = place;
    expected.delivery = number;
    if (value.is_scalar()) {
      expected.unchanged = value.text() == "unchanged";
      expected.nothing = value.text() == "absent";
      if (!expected.unchanged && !expected.nothing)
        diagnostics_.add("C0145", value.place(), "a route cannot be expected to be this",
                         "unchanged | absent | { PID-8: \"1\" } | { parked: unmapped } | a list of those");
    } else {
      for (const auto& field : value.entries()) read_field(field, expected);
    }
    return expected;
  }

  void read_field(const Node::Entry& entry, RouteExpectation& expected) {
    const auto& value = entry.value;
    const auto word = value.is_scalar() ? value.text() : std::string();
    if (entry.key == "absent") {
      for (auto& path : read_paths(value, diagnostics_)) expected.absent.emplace_back(path.text, path.path);
    } else if (entry.key == "parked") {
      expected.parked = word;
    } else if (entry.key == "held") {
      expected.held = word;
    } else if (entry.key == "discarded") {
      expected.discarded = word;
    } else if (entry.key == "filtered") {
      expected.filtered = word;
    } else if (entry.key == "equals") {
      expected.equals = word;
    } else if (entry.key == "attempts") {
      read_number(entry, expected.attempts);
    } else if (entry.key == "collected") {
      read_number(entry, expected.collected);
    } else if (entry.key == "priority") {
      expected.priority = parse_priority(word);
      if (!expected.priority)
        diagnostics_.add("C0145", value.place(), "there is no such priority", "critical, high, normal or low");
    } else if (entry.key == "filled") {
      read_filled(value, expected);
    } else if (entry.key == "json" || entry.key == "xml" || entry.key == "fhirpath") {
      read_places(entry, expected, diagnostics_);
    } else if (std::ranges::all_of(entry.key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; })) {
      constexpr std::array<std::string_view, 13> kWords = {"absent",   "parked",    "held",     "discarded", "filtered",
                                                           "attempts", "collected", "priority", "equals",    "filled",
                                                           "json",     "xml",       "fhirpath"};
      const auto near = config::nearest(entry.key, kWords);
      diagnostics_.add(
          "C0145", entry.key_place, "'" + entry.key + "' is no word of a route's expectation",
          near.empty() ? "absent, parked, held, discarded, filtered, attempts, collected, priority, equals, filled, "
                         "json, xml, fhirpath, or a path"
                       : "did you mean " + std::string(near) + "?");
    } else if (auto path = read_path(entry, diagnostics_)) {
      if (!value.is_scalar())
        diagnostics_.add("C0145", value.place(), "a field is expected to read as a text", entry.key + ": \"…\"");
      expected.fields.push_back({path->text, std::move(path->path), word, value.place()});
    }
  }

  void read_filled(const Node& value, RouteExpectation& expected) {
    if (!value.is_map())
      diagnostics_.add("C0145", value.place(), "`filled` is a map of the connection's texts and what became of them",
                       "filled: { url: \"https://portal.example/patients/12345\" }");
    for (const auto& entry : value.entries())
      expected.filled.push_back({entry.key, entry.value.is_scalar() ? entry.value.text() : "", entry.key_place});
  }

  void read_number(const Node::Entry& entry, std::optional<int>& number) {
    const auto& value = entry.value;
    const bool digits = value.is_scalar() && !value.text().empty() && value.text().size() < 7 &&
                        std::ranges::all_of(value.text(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits) number = std::stoi(value.text());
    else diagnostics_.add("C0145", value.place(), "'" + entry.key + "' needs a whole number", entry.key + ": 2");
  }

  const TestSurroundings& around_;
  Diagnostics& diagnostics_;
  TestCase& test_;
};

}  // namespace

// Where the recipients have a mistake, that is told, and nobody knows their names.
bool TestSurroundings::is_route(const std::string& name) const {
  const auto known = [this](const std::string& route) { return std::ranges::find(routes, route) != routes.end(); };
  return known(name) || known(name.substr(0, name.find(':')) + ":*");
}

void read_expect(const Node& node, const TestSurroundings& around, TestCase& test) {
  ExpectReader(around, test).read(node);
}

}  // namespace myelin::routes
