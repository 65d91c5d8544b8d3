// `myelin unmapped`: the codes that messages wait for, and `myelin unmapped add`: the row that lets them go.
// Flow of the list: 1 the parked and held deliveries with fault M0301 · 2 the content of each, run through the steps of
// the configuration here, which says the table and the code · 3 counted by table and code.
// Flow of add: 1 the list · 2 the row into the CSV, checked, else taken out again · 3 reload · 4 what waited for this
// code goes on, in the order of receipt · 5 the tests that fail now are named.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "engine/base/counted.h"
#include "engine/base/id.h"
#include "engine/base/unheard.h"
#include "engine/main/client/configurations.h"
#include "engine/main/client/link.h"
#include "engine/main/client/stored.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/client/work_list.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/test_runner.h"

namespace myelin {
namespace {

using json::Value;

struct UnmappedOptions {
  std::vector<std::string> words;  // none, or: add TABLE CODE COLUMN=VALUE …
  std::string configuration, reason = "the code was added to the table", socket;
};

struct Waiting {
  DeliveryId id;
  std::string state, lane, received_at;
  UnmappedCode code;
};

constexpr std::size_t kMostLooked = 10'000;

// The ids of those that wait in this state because of a code.
Task<Result<std::vector<Value>>> deliveries_in(DaemonLink& link, std::string state) {
  std::vector<Value> found;
  std::string after;
  std::size_t looked = 0;
  do {
    auto target = "/api/v1/queue?limit=1000&state=" + state + (after.empty() ? "" : "&after=" + after);
    const auto page = co_await link.get(std::move(target));
    if (!page) co_return fail(Fault(page.error()));
    const auto* deliveries = (*page)["deliveries"].array();
    for (const auto& delivery : *deliveries)
      if (delivery["fault"].text_or("") == entry(FaultCode::unmapped).id) found.push_back(delivery);
    looked += deliveries->size();
    after = (*page)["next"].text_or("");
  } while (!after.empty() && looked < kMostLooked);
  co_return found;
}

Task<Result<std::vector<Waiting>>> find_waiting(DaemonLink& link, const routes::Compiled& compiled) {
  std::vector<Waiting> all;
  for (const std::string state : {"parked", "held"}) {
    const auto deliveries = co_await deliveries_in(link, state);
    if (!deliveries) co_return fail(Fault(deliveries.error()));
    for (const auto& delivery : *deliveries) {
      const auto id = parse_delivery_id(delivery["id"].text_or(""));
      const auto channel = delivery["channel"].text_or("");
      const auto plan = std::ranges::find(compiled.plans, channel, &Plan::channel);
      if (!id || plan == compiled.plans.end()) continue;
      auto target = "/api/v1/messages/" + to_string(id->message()) + "?bytes=1";
      const auto trace = co_await link.get(std::move(target));
      if (!trace) co_return fail(Fault(trace.error()));
      auto code = unmapped_code(**plan, delivery["route"].text_or(""), message_of(*trace));
      if (!code) code = UnmappedCode{"", ""};
      Waiting one{*id, state, lane_text(delivery), delivery["received_at"].text_or(""), std::move(*code)};
      all.push_back(std::move(one));
    }
  }
  std::ranges::sort(all, {}, &Waiting::id);
  co_return all;
}

Value waiting_json(const std::vector<Waiting>& all) {
  Value list{json::Array{}};
  for (const auto& one : all) {
    Value shown;
    shown.set("delivery", to_string(one.id)).set("state", one.state).set("lane", one.lane);
    shown.set("received_at", one.received_at).set("table", one.code.table).set("code", one.code.code);
    list.push(std::move(shown));
  }
  return list;
}

std::string waiting_text(const std::vector<Waiting>& all, const Console& console) {
  struct Group {
    std::int64_t count = 0;
    std::string oldest, lanes;
  };
  std::map<std::pair<std::string, std::string>, Group> groups;
  for (const auto& one : all) {
    auto& group = groups[{one.code.table, one.code.code}];
    ++group.count;
    if (group.oldest.empty() || one.received_at < group.oldest) group.oldest = one.received_at;
    if (!group.lanes.contains(one.lane)) group.lanes += (group.lanes.empty() ? "" : ", ") + one.lane;
  }
  if (groups.empty()) return "No message waits for a code.\n";
  const auto now = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  Table table({{"TABLE"}, {"CODE"}, {"WAITING", Align::right}, {"OLDEST", Align::right}, {"LANES"}});
  for (const auto& [code, group] : groups)
    table.add({code.first.empty() ? "(has its row now)" : code.first, code.second, number_text(group.count),
               age_text(group.oldest, now), group.lanes});
  return table.text(console) + "`myelin unmapped add TABLE CODE column=value` writes the row and lets them go.\n";
}

Task<Exit> show(DaemonLink& link, const routes::Compiled& compiled, Console& console) {
  const auto all = co_await find_waiting(link, compiled);
  if (!all) co_return console.report(all.error());
  if (console.json()) {
    console.print(waiting_json(*all));
    co_return Exit::ok;
  }
  auto text = waiting_text(*all, console);
  text.pop_back();
  console.line(text);
  co_return Exit::ok;
}

// Writes the row, and takes it out again when the configuration has a mistake with it.
Result<void> write_row(const std::string& directory, const UnmappedOptions& options, Console& console) {
  std::vector<std::pair<std::string, std::string>> values;
  for (std::size_t at = 3; at < options.words.size(); ++at) {
    const auto equals = options.words[at].find('=');
    if (equals == std::string::npos)
      return fail(FaultCode::bad_request, "'" + options.words[at] + "' is no column=value");
    values.emplace_back(options.words[at].substr(0, equals), options.words[at].substr(equals + 1));
  }
  const auto path = (std::filesystem::path(directory) / "tables" / (options.words[1] + ".csv")).string();
  const auto before = read_input(path);
  if (!before) return fail(Fault(before.error()));
  auto after = with_row(*before, options.words[2], values);
  if (!after) return fail(after);
  if (auto written = write_output(path + ".new", *after); !written) return written;
  std::error_code failed;
  std::filesystem::rename(path + ".new", path, failed);
  if (failed) return fail(FaultCode::io_failed, path + ": " + failed.message());
  const auto checked = compile_directory(directory);
  if (checked && checked->diagnostics.ok()) return {};
  if (auto restored = write_output(path, *before); !restored) return restored;
  if (checked) print_diagnostics(console, checked->diagnostics, stderr);
  return fail(FaultCode::bad_request, "the configuration has mistakes; the table is as it was");
}

// "microbiology: waits with an unknown organism (conf/channels/microbiology.yaml:80:5)"
std::vector<std::string> failing_tests(const std::string& directory) {
  const Unheard rehearsals;
  std::vector<std::string> failing;
  const auto compiled = compile_directory(directory);
  if (!compiled || !compiled->diagnostics.ok()) return failing;
  for (std::size_t at = 0; at < compiled->plans.size(); ++at)
    for (const auto& test : compiled->tests[at].cases) {
      const auto result = run_test(*compiled->plans[at], test);
      if (!result.passed())
        failing.push_back(fmt::format("{}: {} ({})", result.channel, result.it, to_string(result.place)));
    }
  return failing;
}

Task<Exit> add(DaemonLink& link, const routes::Compiled& compiled, std::string directory,
               std::shared_ptr<UnmappedOptions> options, Console& console) {
  const auto status = co_await link.get("/api/v1/status");
  if (!status) co_return console.report(status.error());
  // The reload that lets them go would bring back, with the new row, what was rolled back.
  if (const auto warning = rolled_back_text((*status)["configuration"]); !warning.empty()) {
    console.error("the table is as it was: " + warning);
    co_return Exit::refused;
  }
  const auto all = co_await find_waiting(link, compiled);
  if (!all) co_return console.report(all.error());
  const auto written = write_row(directory, *options, console);
  if (!written) co_return console.report(written.error());
  const std::string no_options = "{}";
  const auto reloaded = co_await link.send("POST", "/api/v1/reload", no_options);
  if (!reloaded) co_return console.report(reloaded.error());
  if (reloaded->status >= 400) co_return console.report(fault_of(*reloaded));
  std::int64_t released = 0;
  auto exit = Exit::ok;
  for (const auto& one : *all) {
    if (one.code.table != options->words[1] || one.code.code != options->words[2]) continue;
    const auto verb = one.state == "held" ? "release" : "retry";
    auto target = "/api/v1/deliveries/" + to_string(one.id) + "/" + verb;
    Value body;
    body.set("reason", options->reason);
    const auto done = co_await link.post(std::move(target), std::move(body));
    if (done) ++released;
    else exit = console.report(done.error());
  }
  const auto failing = failing_tests(directory);
  if (console.json()) {
    Value report, tests{json::Array{}};
    for (const auto& test : failing) tests.push(Value(test));
    report.set("table", options->words[1]).set("code", options->words[2]).set("released", released);
    console.print(report.set("failing_tests", std::move(tests)));
    co_return exit;
  }
  console.line(fmt::format("added {} to {}; {} went on", options->words[2], options->words[1],
                           number_text(released) + " " + plural(released, "delivery")));
  for (const auto& test : failing) console.line("a test fails now: " + test);
  if (!failing.empty())
    console.line(
        "The row counts all the same, but the next edit of such a channel is refused until its test is mended: "
        "a test of a missing code needs one that never gets a row.");
  co_return exit;
}

Exit unmapped(std::shared_ptr<UnmappedOptions> options, Console& console) {
  const auto& words = options->words;
  const bool adds = !words.empty();
  if (adds && (words[0] != "add" || words.size() < 4)) {
    console.error("say nothing, or: add TABLE CODE COLUMN=VALUE …");
    return Exit::usage;
  }
  const auto directory = options->configuration.empty() ? default_configuration_directory() : options->configuration;
  const auto compiled = compile_directory(directory);
  if (!compiled) return console.report(compiled.error());
  return with_daemon(options->socket, [&](DaemonLink& link) {
    return adds ? add(link, *compiled, directory, options, console) : show(link, *compiled, console);
  });
}

}  // namespace

void add_unmapped(Commands& commands) {
  auto options = std::make_shared<UnmappedOptions>();
  commands
      .add(Group::messages, "unmapped", "lists the codes that messages wait for; `add` writes the row and lets them go")
      .optional_list("add TABLE CODE COLUMN=VALUE", options->words, "the row to add; the list when nothing is said")
      .conf(options->configuration)
      .option("--reason", "TEXT", options->reason, "kept with each delivery that goes on, with your name")
      .socket(options->socket)
      .json()
      .example("myelin unmapped")
      .example("myelin unmapped add sex-to-lab X lab=9")
      .detail(
          "A `map` step with `unmapped: park` or `hold` sets messages aside until their code has a row. The list reads "
          "their content, which the log notes. Tests that fail with the new row are named; a test of a missing code "
          "takes one that will never have a row, such as NEVER-IN-THE-TABLE.")
      .run([options](Console& console) { return unmapped(options, console); });
}

}  // namespace myelin
