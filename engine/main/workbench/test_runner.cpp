#include "engine/main/workbench/test_runner.h"
#include "engine/fhir/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>

#include "engine/hl7/escape.h"
#include "engine/main/console.h"
#include "engine/main/workbench/message_diff.h"

namespace myelin {

namespace {

using hl7::Tree;
using routes::RouteExpectation;
using routes::TestCase;

constexpr std::size_t kMostDifferences = 20;

// What became of one route in this test, over all messages that were given.
struct RouteFate {
  std::vector<const Delivery*> deliveries;
  std::vector<const Sent*> sent;
};

class Checker {
 public:
  Checker(const Plan& plan, const TestCase& test, const std::vector<Rehearsed>& messages, const std::vector<Sent>& sent,
          TestResult& result)
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

  RouteFate fate_of(const RouteExpectation& expected) const;
  void check_count(const std::string& route, int expected, const config::Place& place);
  void check_answer();
  void check_fault();
  void check_route(const RouteExpectation& expected, const RouteFate& fate);
  void check_state(const RouteExpectation& expected, const RouteFate& fate, State state, const std::string& why);
  static std::string path_of_file(const RouteExpectation& expected);
  void check_equals(const RouteExpectation& expected, const Tree* sent, std::string_view bytes);
  void check_text(const RouteExpectation& expected, const std::string& wanted, std::string_view sent);
  void check_content(const RouteExpectation& expected, const RouteFate& fate);
  void check_bytes_of(const RouteExpectation& expected, const Bytes& bytes);
  void check_places(const RouteExpectation& expected, std::string_view bytes);
  void check_field(const RouteExpectation& expected, const routes::FieldExpectation& field, const Tree& tree);
  void check_same(const RouteExpectation& expected, const std::string& wanted, std::string_view what, const Tree& sent);
  void check_bytes(const RouteExpectation& expected, std::string_view sent);
  const Bytes& original() const;
  void check_others();
  void note_fates();

  const Plan& plan_;
  const TestCase& test_;
  const std::vector<Rehearsed>& messages_;
  TestResult& result_;
  std::map<std::string, RouteFate, std::less<>> fates_;
  MessageId about_;  // whose delivery is looked at
};

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

// "M0301" or "unmapped" names a fault; anything else is a step's own reason.
bool fault_is(std::string_view id, std::string_view detail, std::string_view expected) {
  if (const auto* fault = find_fault(expected))
    return fault->id == id || detail.find(fault->id) != std::string_view::npos;
  return detail.find(expected) != std::string_view::npos;
}

std::string counted_deliveries(int count) { return std::to_string(count) + (count == 1 ? " delivery" : " deliveries"); }

std::string fate_text(const Delivery& delivery) {
  std::string text(name_of(delivery.state));
  if (!delivery.fault.empty()) {
    const auto* fault = find_fault(delivery.fault);
    text += fmt::format(": {} {}", delivery.fault, fault ? fault->name : "");
  }
  if (!delivery.detail.empty()) text += ": " + delivery.detail;
  return text;
}

// Of a route whose `to` names several: what became of all its recipients.
RouteFate Checker::fate_of(const RouteExpectation& expected) const {
  RouteFate fate;
  for (const auto& [route, one] : fates_) {
    if (route != expected.route && !route.starts_with(expected.route + ":")) continue;
    fate.deliveries.insert(fate.deliveries.end(), one.deliveries.begin(), one.deliveries.end());
    fate.sent.insert(fate.sent.end(), one.sent.begin(), one.sent.end());
  }
  std::ranges::sort(fate.deliveries, {}, &Delivery::id);
  // A message of `also` that was not wanted is none; one that was stands in the list, behind the first.
  std::erase_if(fate.deliveries,
                [](const auto* each) { return each->piece.also > 0 && each->state == State::filtered; });
  if (expected.delivery == 0) {
    const auto follows = [&](const Sent* sent) {
      return std::ranges::any_of(fate.deliveries,
                                 [&](const auto* each) { return each->id == sent->delivery && each->piece.also > 0; });
    };
    std::erase_if(fate.sent, follows);
    return fate;
  }
  const auto at = static_cast<std::size_t>(expected.delivery) - 1;
  RouteFate only;
  if (at >= fate.deliveries.size()) return only;
  only.deliveries.push_back(fate.deliveries[at]);
  for (const auto* sent : fate.sent)
    if (sent->delivery == only.deliveries.front()->id) only.sent.push_back(sent);
  return only;
}

void Checker::check_count(const std::string& route, int expected, const config::Place& place) {
  RouteExpectation all;
  all.route = route;
  const auto got = static_cast<int>(fate_of(all).deliveries.size());
  if (got != expected) mismatch(route, counted_deliveries(expected), counted_deliveries(got), place);
}

void Checker::check_answer() {
  const auto& last = messages_.back();
  if (!test_.ack.empty() && test_.ack != last.ack) mismatch("ack", test_.ack, last.ack, test_.place);
  if (!test_.fault.empty()) check_fault();
  if (!test_.at.empty()) {
    const auto at = last.receipt.fault ? last.receipt.fault->at : std::string();
    // "PID-3" means the first PID as well: a fault names the place as it was found, PID[1]-3.
    const auto wanted = hl7::parse_path(test_.at), found = hl7::parse_path(at);
    const auto same = [](hl7::Path a, hl7::Path b) {
      for (auto* path : {&a, &b}) {
        if (path->segment_pick.kind == hl7::Pick::Kind::implicit) path->segment_pick = {hl7::Pick::Kind::number, 1, {}};
        if (path->repetition.kind == hl7::Pick::Kind::implicit) path->repetition = {hl7::Pick::Kind::number, 1, {}};
      }
      return a == b;
    };
    if (!wanted || !found || !same(*wanted, *found))
      mismatch("at", test_.at, at.empty() ? "no place" : at, test_.place);
  }
  if (!test_.filtered.empty() && test_.filtered != last.filtered)
    mismatch("filtered", in_quotes(test_.filtered), last.filtered.empty() ? "not filtered" : in_quotes(last.filtered),
             test_.place);
}

// The fault that the sender was told, or one that a delivery met.
void Checker::check_fault() {
  const auto& last = messages_.back();
  std::string got = "no fault";
  if (last.receipt.fault) {
    const auto& met = entry(last.receipt.fault->code);
    if (fault_is(met.id, last.receipt.fault->detail, test_.fault)) return;
    got = to_string(*last.receipt.fault);
  }
  for (const auto& delivery : last.deliveries) {
    if (fault_is(delivery.fault, delivery.detail, test_.fault)) return;
    if (!delivery.fault.empty()) got = fate_text(delivery);
  }
  mismatch("fault", test_.fault, got, test_.place);
}

void Checker::check_route(const RouteExpectation& expected, const RouteFate& fate) {
  if (expected.nothing) {
    const bool filtered =
        std::ranges::all_of(fate.deliveries, [](const auto* each) { return each->state == State::filtered; });
    if (!filtered || !fate.sent.empty())
      mismatch(expected.route, "nothing", fate.sent.empty() ? fate_text(*fate.deliveries.back()) : "a message",
               expected.place);
    return;
  }
  if (!expected.parked.empty()) check_state(expected, fate, State::parked, expected.parked);
  if (!expected.held.empty()) check_state(expected, fate, State::held, expected.held);
  if (!expected.discarded.empty()) check_state(expected, fate, State::discarded, expected.discarded);
  if (!expected.filtered.empty()) check_state(expected, fate, State::filtered, expected.filtered);
  const auto attempts =
      expected.delivery == 0 ? std::ranges::count(fate.sent, false, &Sent::follows) : std::ssize(fate.sent);
  if (expected.attempts && *expected.attempts != attempts)
    mismatch(expected.route + " attempts", std::to_string(*expected.attempts), std::to_string(attempts),
             expected.place);
  const int together = fate.sent.empty() ? 0 : static_cast<int>(fate.sent.back()->together);
  if (expected.collected && *expected.collected != together)
    mismatch(expected.route + " collected", std::to_string(*expected.collected), std::to_string(together),
             expected.place);
  if (expected.priority && (fate.deliveries.empty() || fate.deliveries.back()->priority != *expected.priority))
    mismatch(expected.route + " priority", std::string(name_of(*expected.priority)),
             fate.deliveries.empty() ? "no delivery" : std::string(name_of(fate.deliveries.back()->priority)),
             expected.place);
  const bool content = !expected.fields.empty() || !expected.places.empty() || !expected.absent.empty() ||
                       expected.unchanged || !expected.equals.empty();
  if (content) check_content(expected, fate);
  for (const auto& filled : expected.filled) {
    const auto& sent = fate.sent.empty() ? std::map<std::string, std::string, std::less<>>() : fate.sent.back()->filled;
    const auto found = sent.find(filled.name);
    if (found != sent.end() && found->second == filled.value) continue;
    mismatch(expected.route + " " + filled.name, in_quotes(filled.value),
             found == sent.end() ? "no such text with formulas was sent" : in_quotes(found->second), filled.place);
  }
}

void Checker::check_state(const RouteExpectation& expected, const RouteFate& fate, State state,
                          const std::string& why) {
  const auto matches = [&](const Delivery* delivery) {
    return delivery->state == state && fault_is(delivery->fault, delivery->detail, why);
  };
  if (std::ranges::any_of(fate.deliveries, matches)) return;
  mismatch(fmt::format("{} {}", expected.route, name_of(state)), why,
           fate.deliveries.empty() ? "no delivery" : fate_text(*fate.deliveries.back()), expected.place);
}

void Checker::check_content(const RouteExpectation& expected, const RouteFate& fate) {
  if (fate.sent.empty()) {
    mismatch(expected.route, "a message", fate.deliveries.empty() ? "no delivery" : fate_text(*fate.deliveries.back()),
             expected.place);
    return;
  }
  about_ = fate.sent.back()->delivery.message();
  check_bytes_of(expected, fate.sent.back()->bytes);
}

// The message as it came: of several that are given the one that was sent on.
const Bytes& Checker::original() const {
  const auto found = std::ranges::find(messages_, about_, [](const Rehearsed& each) { return each.receipt.id; });
  return found == messages_.end() ? messages_.back().bytes : found->bytes;
}

// What was sent, or what the sender was answered with.
void Checker::check_bytes_of(const RouteExpectation& expected, const Bytes& bytes) {
  check_places(expected, bytes.view());
  const auto sent = Tree::parse(bytes);
  if (!sent && plan_.accept.body != BodyKind::hl7) {
    check_bytes(expected, bytes.view());
    return;
  }
  if (!sent) {
    const bool any_text = expected.fields.empty() && expected.absent.empty() && !expected.unchanged;
    if (!expected.equals.empty() && any_text) check_equals(expected, nullptr, bytes.view());
    else if (!any_text) mismatch(expected.route, "an HL7 message", to_string(sent.error()), expected.place);
    return;
  }
  for (const auto& field : expected.fields) check_field(expected, field, *sent);
  for (const auto& [text, path] : expected.absent) {
    const auto spots = hl7::select(*sent, path);
    const auto there =
        std::ranges::find_if(spots, [&](const auto& spot) { return sent->presence(spot) != hl7::Presence::absent; });
    if (there != spots.end())
      mismatch(expected.route + " " + text, "absent",
               in_quotes(path.field == 0 ? sent->segment_text(there->segment) : sent->raw(*there)), expected.place);
  }
  if (expected.unchanged) check_same(expected, std::string(original().view()), "unchanged", *sent);
  if (!expected.equals.empty()) check_equals(expected, &*sent, bytes.view());
}

void Checker::check_places(const RouteExpectation& expected, std::string_view bytes) {
  for (const auto& place : expected.places) {
    auto texts = place.read(bytes);
    const auto about = expected.route + " " + place.path;
    if (texts.empty() && !place.value.empty()) mismatch(about, in_quotes(place.value), "absent", place.place);
    for (auto& text : texts) {
      if (text == place.value) continue;
      mismatch(about, in_quotes(place.value), in_quotes(text), place.place);
      if (&text == texts.data()) result_.mismatches.back().actual = std::move(text);
    }
  }
}

// What stands beside the channel, or where one is.
std::string Checker::path_of_file(const RouteExpectation& expected) {
  const std::filesystem::path file(expected.equals);
  if (std::filesystem::exists(file) || !expected.place.source) return file.string();
  return (std::filesystem::path(expected.place.source->path()).parent_path() / file).string();
}

// The file that was agreed. `sent`: null where the message is no HL7.
void Checker::check_equals(const RouteExpectation& expected, const Tree* sent, std::string_view bytes) {
  const auto before = result_.mismatches.size();
  const auto path = path_of_file(expected);
  const auto wanted = read_input(path);
  if (!wanted) mismatch(expected.route + " equals", expected.equals, to_string(wanted.error()), expected.place);
  else if (sent) check_same(expected, *wanted, "equals", *sent);
  else check_text(expected, *wanted, bytes);
  if (result_.mismatches.size() == before) return;
  result_.mismatches[before].actual = std::string(bytes);
  result_.mismatches[before].file = path;
}

// A channel of another kind has no fields to tell apart.
void Checker::check_bytes(const RouteExpectation& expected, std::string_view sent) {
  if (!expected.fields.empty() || !expected.absent.empty())
    mismatch(expected.route, "fields", std::string(name_of(plan_.accept.body)) + ", which has no paths",
             expected.place);
  if (expected.unchanged && sent != original().view())
    mismatch(expected.route, "unchanged", "other bytes", expected.place);
  if (!expected.equals.empty()) check_equals(expected, nullptr, sent);
}

// JSON in one form, whatever form a file or a step gave it.
static std::string laid_out(const std::string& text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return text;
  const auto value = json::read(text);
  return value ? json::write(*value, json::Layout::pretty) : text;
}

// What is no HL7 (JSON, CSV, text) is compared line by line; how its lines end is not.
void Checker::check_text(const RouteExpectation& expected, const std::string& wanted, std::string_view sent) {
  std::istringstream left(laid_out(wanted)), right(laid_out(std::string(sent)));
  std::string a, b;
  for (int line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(left, a)),
               more_right = static_cast<bool>(std::getline(right, b));
    if (a.ends_with('\r')) a.pop_back();
    if (b.ends_with('\r')) b.pop_back();
    if (!more_left && !more_right) return;
    if (more_left && more_right && a == b) continue;
    mismatch(fmt::format("{} line {}", expected.route, line), more_left ? in_quotes(a) : "the end",
             more_right ? in_quotes(b) : "the end", expected.place);
    return;
  }
}

// Text as a formula reads it; what is typed with structure is compared with the structure, in ^~\&.
void Checker::check_field(const RouteExpectation& expected, const routes::FieldExpectation& field, const Tree& tree) {
  const auto& place = field.place.line ? field.place : expected.place;
  const auto spots = hl7::select(tree, field.path);
  if (spots.empty() && field.value.empty()) return;
  if (spots.empty()) mismatch(expected.route + " " + field.path_text, in_quotes(field.value), "absent", place);
  for (const auto& spot : spots) {
    const auto text = tree.text(spot);
    const auto raw = hl7::translate(tree.raw(spot), tree.delimiters(), hl7::Delimiters{});
    if (field.value == text || field.value == raw) continue;
    const bool structured = field.value.find_first_of("^~&") != std::string::npos;
    mismatch(expected.route + " " + field.path_text, in_quotes(field.value),
             tree.presence(spot) == hl7::Presence::absent ? "absent" : in_quotes(structured ? raw : text), place);
    // Of several only the first: a value stands for all of them.
    if (&spot == spots.data() && field.place.line) result_.mismatches.back().actual = structured ? raw : text;
  }
}

void Checker::check_same(const RouteExpectation& expected, const std::string& wanted, std::string_view what,
                         const Tree& sent) {
  const auto tree = Tree::parse(Bytes(wanted));
  if (!tree) {
    mismatch(fmt::format("{} {}", expected.route, what), "an HL7 message", to_string(tree.error()), expected.place);
    return;
  }
  const auto changes = differences(*tree, sent);
  for (const auto& change : changes) {
    if (&change - changes.data() >= static_cast<std::ptrdiff_t>(kMostDifferences)) {
      result_.notes.push_back(
          fmt::format("{} more differences on {}", changes.size() - kMostDifferences, expected.route));
      return;
    }
    mismatch(fmt::format("{} {}", expected.route, change.path), in_quotes(change.before), in_quotes(change.after),
             expected.place);
  }
}

void Checker::check_others() {
  for (const auto& [route, fate] : fates_) {
    const auto covers = [&](const auto& each) { return each.route == route || route.starts_with(each.route + ":"); };
    const bool named = std::ranges::any_of(test_.routes, covers);
    const auto goes =
        std::ranges::find_if(fate.deliveries, [](const auto* each) { return each->state != State::filtered; });
    if (named || goes == fate.deliveries.end()) continue;
    mismatch(route.empty() ? "not yet routed" : route, "no delivery", fate_text(**goes), test_.place);
  }
}

// Beside a mismatch it helps to see what became of the message as a whole.
void Checker::note_fates() {
  const auto& last = messages_.back();
  if (last.receipt.fault)
    result_.notes.push_back("the sender was answered " + last.ack + ": " + to_string(*last.receipt.fault));
  if (last.receipt.kind == Receipt::Kind::duplicate)
    result_.notes.push_back("it was taken for a duplicate of an earlier message");
  if (!last.filtered.empty()) result_.notes.push_back("it was filtered: " + last.filtered);
  for (const auto& delivery : last.deliveries) {
    const auto& route = delivery.lane.route;
    result_.notes.push_back(fmt::format("{}{} is {}", route.empty() ? "not yet routed, it" : route,
                                        piece_text(delivery.piece), fate_text(delivery)));
    if (delivery.state == State::queued && test_.run_for == Duration())
      result_.notes.push_back("no time passes in this test; `run_for: 1m` beside `given` lets it be tried again");
  }
}

}  // namespace

TestResult run_test(const Plan& plan, const TestCase& test, StepObserver* observer) {
  const auto began = std::chrono::steady_clock::now();
  TestResult result{plan.channel, test.it, test.place, {}, {}, {}};
  const auto broken = [&](const Fault& fault) {
    result.mismatches.push_back({"rehearsal", "to run", to_string(fault), test.place});
  };
  Rehearsal rehearsal(plan, test.replies, time_of_sample(test.given.empty() ? "" : test.given.front().content),
                      observer, test.answers);
  if (auto begun = rehearsal.begin(); !begun) {
    broken(begun.error());
    return result;
  }
  for (const auto& given : test.given) {
    rehearsal.run_for(given.after);
    rehearsal.accept(given.content, given.facts);
  }
  rehearsal.run_for(test.run_for);
  const auto messages = rehearsal.messages();
  if (!messages) broken(messages.error());
  else if (messages->empty()) result.mismatches.push_back({"given", "a message", "none", test.place});
  else Checker(plan, test, *messages, rehearsal.sent(), result).check();
  result.took = std::chrono::steady_clock::now() - began;
  return result;
}

}  // namespace myelin
