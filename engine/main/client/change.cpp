// `myelin retry | hold | release | park | discard`: what a person decides about deliveries and lanes.
// Flow: 1 what is named, ids from standard input too · 2 which deliveries that is, and which of them the verb fits ·
// 3 say it, ask where several are meant · 4 change them one by one; one refusal does not stop the others.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

#include "engine/base/id.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/model/delivery.h"

namespace myelin {
namespace {

using json::Value;

struct ChangeVerb {
  std::string_view name, past, doc;
  std::array<bool, kStates.size()> fits{};  // states of a message's deliveries that are meant when the message is named
  bool lanes = false;
};

constexpr std::array<bool, kStates.size()> states(std::initializer_list<State> list) {
  std::array<bool, kStates.size()> fits{};
  for (const auto state : list) fits[static_cast<std::size_t>(state)] = true;
  return fits;
}

constexpr std::array<ChangeVerb, 5> kVerbs = {{
    {"retry", "retried", "sends parked or held deliveries again, and queued ones now",
     states({State::queued, State::held, State::parked}), false},
    {"hold", "held", "holds deliveries, or a lane: nothing of it goes out", states({State::queued}), true},
    {"release", "released", "lets held deliveries, or a held lane, go on", states({State::held}), true},
    {"park", "parked", "sets deliveries aside; what waits behind them goes on", states({State::queued, State::held}),
     false},
    {"discard", "discarded", "gives deliveries up for good", states({State::queued, State::held, State::parked}),
     false},
}};

struct ChangeOptions {
  std::vector<std::string> names;
  std::string reason;
  bool yes = false;
  std::string socket;
};

// One request to make, and how it is shown.
struct Change {
  std::string target, shown, lane;
  Value body;
};

struct Course {  // of one call of a verb
  const ChangeVerb& verb;
  const ChangeOptions& options;
  Console& console;
  std::vector<Change> changes;
  json::Array answers;
  Exit exit = Exit::ok;

  void refuse(const std::string& what, const Fault& fault) {
    console.error(what);
    exit = console.report(fault);
  }
};

std::vector<std::string> names_of(const ChangeOptions& options) {
  std::vector<std::string> names;
  for (const auto& name : options.names) {
    if (name != "-") {
      names.push_back(name);
      continue;
    }
    const auto input = read_input("-");
    std::istringstream words(input ? *input : std::string());
    for (std::string word; words >> word;) names.push_back(word);
  }
  return names;
}

// "CHANNEL/ROUTE" or "CHANNEL/ROUTE/KEY"
Change change_of_lane(const Course& course, const std::string& name) {
  const auto first = name.find('/'), second = name.find('/', first + 1);
  Change change;
  change.target = fmt::format("/api/v1/lanes/{}", course.verb.name);
  change.shown = change.lane = name;
  change.body.set("channel", name.substr(0, first));
  change.body.set("route", name.substr(first + 1, second == std::string::npos ? second : second - first - 1));
  if (second != std::string::npos) change.body.set("key", name.substr(second + 1));
  change.body.set("reason", course.options.reason);
  return change;
}

Change change_of_delivery(const Course& course, const Value& delivery) {
  Change change;
  change.shown = delivery["id"].text_or("");
  change.target = fmt::format("/api/v1/deliveries/{}/{}", change.shown, course.verb.name);
  change.lane = lane_text(delivery);
  change.body.set("reason", course.options.reason);
  return change;
}

// A message stands for those of its deliveries that the verb fits; a delivery for itself, whatever its state.
Task<void> resolve(DaemonLink& link, Course& course, std::string name) {
  const auto one = parse_delivery_id(name);
  const auto message = one ? one->message() : parse_message_id(name).value_or(MessageId{});
  if (message == MessageId{}) {
    course.console.error(fmt::format("`{}` is no id of a message or a delivery{}", name,
                                     course.verb.lanes ? ", and no CHANNEL/ROUTE" : ""));
    course.exit = Exit::usage;
    co_return;
  }
  const auto trace = co_await link.get("/api/v1/messages/" + to_string(message));
  if (!trace) {
    course.refuse(name, trace.error());
    co_return;
  }
  const auto before = course.changes.size();
  for (const auto& delivery : *(*trace)["deliveries"].array()) {
    const auto state = parse_state(delivery["state"].text_or(""));
    const bool meant = one ? delivery["id"].text_or("") == to_string(*one)
                           : state && course.verb.fits[static_cast<std::size_t>(*state)];
    if (meant) course.changes.push_back(change_of_delivery(course, delivery));
  }
  if (course.changes.size() > before) co_return;
  course.console.error(fmt::format("{} has no delivery that can be {}; `myelin trace {}` shows them", name,
                                   course.verb.past, to_string(message)));
  course.exit = Exit::not_so;
}

// "Will discard 12 deliveries: adt/lab 10, adt/pharmacy 2."
std::string intention(const Course& course) {
  std::map<std::string, int> lanes;
  for (const auto& change : course.changes) ++lanes[change.lane];
  std::string list;
  for (const auto& [lane, count] : lanes) list += fmt::format("{}{} {}", list.empty() ? "" : ", ", lane, count);
  return fmt::format("Will {} {}: {}.", course.verb.name, number_text(static_cast<std::int64_t>(course.changes.size())),
                     list);
}

bool agreed(const Course& course) {
  if (course.changes.size() < 2) return true;
  if (!course.console.json()) course.console.line(intention(course));
  if (course.options.yes || isatty(STDIN_FILENO) != 1) return true;
  std::cout << "Go on? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

Task<void> apply(DaemonLink& link, Course& course) {
  std::size_t done = 0;
  for (auto& change : course.changes) {
    const auto answer = co_await link.post(change.target, change.body);
    if (!answer) {
      course.refuse(change.shown, answer.error());
      continue;
    }
    ++done;
    course.answers.push_back(*answer);
    if (course.console.json()) continue;
    const auto lane = change.lane == change.shown ? std::string() : "  " + change.lane;
    course.console.line(fmt::format("{} {}{}", course.verb.past, change.shown, lane));
  }
  if (course.changes.size() > 1 && !course.console.json())
    course.console.line(fmt::format("{} {}, {} refused", done, course.verb.past, course.changes.size() - done));
}

Task<Exit> run_change(DaemonLink& link, const ChangeVerb& verb, std::shared_ptr<ChangeOptions> options,
                      Console& console) {
  Course course{verb, *options, console, {}, {}, Exit::ok};
  for (const auto& name : names_of(*options)) {
    if (verb.lanes && name.find('/') != std::string::npos) course.changes.push_back(change_of_lane(course, name));
    else co_await resolve(link, course, name);
    if (course.exit == Exit::not_reached || course.exit == Exit::usage) co_return course.exit;
  }
  if (course.changes.empty()) {
    if (course.exit == Exit::ok) console.error("nothing was named");
    co_return course.exit == Exit::ok ? Exit::not_so : course.exit;
  }
  link.close();  // a person may think for longer than the daemon keeps an idle connection
  if (!agreed(course)) {
    console.error("nothing was changed");
    co_return Exit::not_so;
  }
  co_await apply(link, course);
  if (console.json()) console.print(Value(std::move(course.answers)));
  co_return course.exit;
}

}  // namespace

void add_changes(Commands& commands) {
  for (const auto& verb : kVerbs) {
    auto options = std::make_shared<ChangeOptions>();
    const std::string name(verb.name);
    const std::string what = verb.lanes
                                 ? "ids of deliveries or messages, CHANNEL/ROUTE[/KEY], or - for standard input"
                                 : "ids of deliveries or messages (all of its that fit), or - for standard input";
    auto& added =
        commands.add(Group::messages, name, std::string(verb.doc))
            .arguments(verb.lanes ? "ID|CHANNEL/ROUTE" : "ID", options->names, what)
            .required("--reason", "TEXT", options->reason, "why; it is kept with the delivery, with your name")
            .flag("--yes", options->yes, "do not ask where several are meant")
            .socket(options->socket)
            .json()
            .example(fmt::format("myelin {} 01K2Z9Q7M4X.2 --reason 'agreed with the laboratory'", name));
    if (verb.lanes) added.example(fmt::format("myelin {} adt/lab --reason 'maintenance of the peer'", name));
    added.run([options, &verb](Console& console) {
      return with_daemon(options->socket, [&](DaemonLink& link) { return run_change(link, verb, options, console); });
    });
  }
}

}  // namespace myelin
