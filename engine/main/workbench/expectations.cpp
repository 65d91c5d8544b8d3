#include "engine/main/workbench/expectations.h"
#include "engine/base/counted.h"

#include <fmt/format.h>

#include <algorithm>

namespace myelin {
namespace {

using routes::RouteExpectation;

// "M0301" or "unmapped" names a fault; anything else is a step's own reason.
bool fault_is(std::string_view id, std::string_view detail, std::string_view expected) {
  if (const auto* fault = find_fault(expected))
    return fault->id == id || detail.find(fault->id) != std::string_view::npos;
  return detail.find(expected) != std::string_view::npos;
}

}  // namespace

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

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
RouteFate Expectations::fate_of(const RouteExpectation& expected) const {
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

void Expectations::check_count(const std::string& route, int expected, const config::Place& place) {
  RouteExpectation all;
  all.route = route;
  const auto got = static_cast<int>(fate_of(all).deliveries.size());
  if (got != expected) mismatch(route, counted(expected, "delivery"), counted(got, "delivery"), place);
}

void Expectations::check_answer() {
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
void Expectations::check_fault() {
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

void Expectations::check_route(const RouteExpectation& expected, const RouteFate& fate) {
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

void Expectations::check_state(const RouteExpectation& expected, const RouteFate& fate, State state,
                               const std::string& why) {
  const auto matches = [&](const Delivery* delivery) {
    return delivery->state == state && fault_is(delivery->fault, delivery->detail, why);
  };
  if (std::ranges::any_of(fate.deliveries, matches)) return;
  mismatch(fmt::format("{} {}", expected.route, name_of(state)), why,
           fate.deliveries.empty() ? "no delivery" : fate_text(*fate.deliveries.back()), expected.place);
}

void Expectations::check_others() {
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
void Expectations::note_fates() {
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

}  // namespace myelin
