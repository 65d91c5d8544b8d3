// `myelin test`: runs the tests that stand in channel files, on the real intake and lanes with a virtual clock.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>

#include "engine/base/event.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/bless.h"
#include "engine/main/workbench/coverage.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/junit.h"
#include "engine/main/workbench/test_runner.h"
#include "engine/main/workbench/watch.h"
#include "routes/compile/files.h"

namespace myelin {

namespace {

struct TestOptions {
  std::string where, filter, junit;
  bool coverage = false, bless = false, watch = false;
};

double in_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

bool same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return std::filesystem::equivalent(one, other, ignored);
}

// The tests that were asked for, in the order of the files.
std::vector<TestResult> run_tests(const routes::Compiled& compiled, const TestOptions& options,
                                  const std::string& only_file, StepObserver* observer) {
  std::vector<TestResult> results;
  for (const auto& tests : compiled.tests) {
    const auto plan =
        std::ranges::find_if(compiled.plans, [&](const auto& each) { return each->channel == tests.channel; });
    if (plan == compiled.plans.end()) continue;
    for (const auto& test : tests.cases) {
      if (!only_file.empty() && !(test.place.source && same_file(test.place.source->path(), only_file))) continue;
      if ((tests.channel + ": " + test.it).find(options.filter) == std::string::npos) continue;
      results.push_back(run_test(**plan, test, observer));
    }
  }
  return results;
}

void print_result(const Console& console, const TestResult& result) {
  const auto title = fmt::format("{}: {}", result.channel, result.it);
  if (result.passed()) {
    console.line(console.paint(Ink::green, "pass") + "  " + title);
    return;
  }
  console.line(console.paint(Ink::red, "FAIL") + "  " + title);
  std::size_t widest = 0;
  for (const auto& mismatch : result.mismatches) widest = std::max(widest, columns(mismatch.about));
  for (const auto& mismatch : result.mismatches) {
    const std::string pad(widest - columns(mismatch.about), ' ');
    console.line(
        fmt::format("        {}{}  expected {}", mismatch.about, pad, console.paint(Ink::green, mismatch.expected)));
    console.line(
        fmt::format("        {}  got      {}", std::string(widest, ' '), console.paint(Ink::red, mismatch.got)));
  }
  for (const auto& note : result.notes) console.line("        " + console.paint(Ink::grey, note));
  console.line(console.paint(Ink::blue, "    --> ") + to_string(result.mismatches.front().place));
}

json::Value result_json(const TestResult& result) {
  json::Value one;
  one.set("channel", result.channel).set("it", result.it).set("place", to_string(result.place));
  one.set("passed", result.passed());
  json::Value mismatches{json::Array{}};
  for (const auto& mismatch : result.mismatches) {
    json::Value difference;
    difference.set("about", mismatch.about).set("expected", mismatch.expected).set("got", mismatch.got);
    difference.set("place", to_string(mismatch.place));
    mismatches.push(std::move(difference));
  }
  one.set("mismatches", std::move(mismatches));
  return one;
}

struct Run {
  std::string directory, only_file;
  std::vector<TestResult> results;
  std::size_t failed = 0;
  Duration took{};
  std::optional<CoverageReport> coverage;
  std::optional<Blessed> blessed;
  bool compiled = false;  // without a mistake
};

// The channel files whose tests ran.
std::set<std::string> tested_files(const routes::Compiled& compiled, const std::vector<TestResult>& results) {
  std::set<std::string> files;
  for (const auto& plan : compiled.plans)
    if (std::ranges::find(results, plan->channel, &TestResult::channel) != results.end()) files.insert(plan->place);
  return files;
}

bool is_read(const routes::Compiled& compiled, const std::string& file) {
  const auto same = [&](const auto& source) { return same_file(source->path(), file); };
  return std::ranges::any_of(compiled.read->channels, same) ||
         std::ranges::any_of(compiled.read->tests, [&](const auto& each) { return same(each.second); });
}

Result<Run> run_once(const TestOptions& options, const Console& console) {
  Run run;
  run.directory = options.where.empty() ? default_configuration_directory() : options.where;
  if (std::filesystem::is_regular_file(run.directory)) {
    run.only_file = run.directory;
    run.directory = (std::filesystem::path(run.directory).parent_path() / "..").lexically_normal().string();
  }
  const auto compiled = compile_directory(run.directory);
  if (!compiled) return std::unexpected(compiled.error());
  if (!run.only_file.empty() && !is_read(*compiled, run.only_file))
    return fail(FaultCode::not_found, run.only_file + " is no channel file of " + run.directory);
  run.compiled = compiled->diagnostics.ok();
  if (!run.compiled) {
    print_diagnostics(console, compiled->diagnostics, stderr);
    console.error(closing_line(*compiled) + " Channels with errors are not tested.");
  }
  std::optional<Coverage> coverage;
  if (options.coverage) coverage.emplace(*compiled);
  const auto began = std::chrono::steady_clock::now();
  run.results = run_tests(*compiled, options, run.only_file, coverage ? &*coverage : nullptr);
  run.took = std::chrono::steady_clock::now() - began;
  run.failed =
      static_cast<std::size_t>(std::ranges::count_if(run.results, [](const auto& each) { return !each.passed(); }));
  if (coverage) run.coverage = coverage->report(run.directory, tested_files(*compiled, run.results));
  return run;
}

// Once more after blessing, so that what is said is what holds from now on.
Result<Run> run_and_bless(const TestOptions& options, const Console& console) {
  auto run = run_once(options, console);
  if (!run || !options.bless || run->failed == 0) return run;
  auto blessed = bless(run->results);
  if (!blessed) return std::unexpected(blessed.error());
  auto again = run_once(options, console);
  if (again) again->blessed = std::move(*blessed);
  return again;
}

void print_run(const Console& console, const Run& run) {
  for (const auto& result : run.results) print_result(console, result);
  if (run.blessed)
    for (const auto& line : run.blessed->written) console.line(console.paint(Ink::yellow, "blessed") + "  " + line);
  if (run.coverage) print_coverage(console, *run.coverage);
  const auto summary = fmt::format("{}, {} passed, {} failed, {:.1f} ms", counted(run.results.size(), "test"),
                                   run.results.size() - run.failed, run.failed, in_ms(run.took));
  console.line(console.paint(run.failed > 0 ? Ink::red : Ink::green, summary));
}

json::Value run_json(const Run& run) {
  json::Value report, all{json::Array{}};
  report.set("tests", run.results.size()).set("failed", run.failed);
  report.set("ms", static_cast<std::int64_t>(in_ms(run.took)));
  for (const auto& result : run.results) all.push(result_json(result));
  report.set("results", std::move(all));
  if (run.coverage) report.set("coverage", coverage_json(*run.coverage));
  if (run.blessed) {
    json::Value written{json::Array{}};
    for (const auto& line : run.blessed->written) written.push(json::Value(line));
    report.set("blessed", std::move(written));
  }
  return report;
}

Exit test(const TestOptions& options, const Console& console) {
  const auto run = run_and_bless(options, console);
  if (!run) return console.report(run.error());
  if (!options.junit.empty())
    if (auto written = write_output(options.junit, junit(run->results, run->failed, run->took)); !written)
      return console.report(written.error());
  if (console.json()) console.print(run_json(*run));
  else print_run(console, *run);
  const bool nothing_matched = run->results.empty() && !options.filter.empty();
  if (nothing_matched) console.error("no test matches '" + options.filter + "'");
  return run->failed > 0 || nothing_matched || !run->compiled ? Exit::not_so : Exit::ok;
}

// Until it is interrupted.
Exit test_again_and_again(const TestOptions& options, const Console& console) {
  std::string directory = options.where.empty() ? default_configuration_directory() : options.where;
  if (std::filesystem::is_regular_file(directory))
    directory = (std::filesystem::path(directory).parent_path() / "..").lexically_normal().string();
  auto watch = Watch::open(directory);
  if (!watch) return console.report(watch.error());
  while (true) {
    static_cast<void>(test(options, console));
    if (!console.json()) console.line(console.paint(Ink::grey, "watching " + directory + "; Ctrl-C ends it\n"));
    std::fflush(stdout);
    if (auto changed = watch->wait(); !changed) return console.report(changed.error());
  }
}

}  // namespace

void add_test(Commands& commands) {
  auto options = std::make_shared<TestOptions>();
  commands.add(Group::write, "test", "runs the tests that stand in channel files; no peer is contacted")
      .optional("CONF_DIR|FILE", options->where, "the configuration, or one channel file of it")
      .option("--filter", "TEXT", options->filter, "only tests whose \"channel: name\" has this text")
      .option("--junit", "FILE", options->junit, "also write the results as JUnit XML")
      .flag("--coverage", options->coverage, "list what no test reached: steps, branches, routes, rows of tables")
      .flag("--bless", options->bless, "write what the channels do now as what is expected: values, `equals` files")
      .flag("--watch", options->watch, "run again whenever a file of the configuration changes")
      .json()
      .example("myelin test conf/")
      .example("myelin test conf/channels/adt.yaml --filter \"merge\" --junit results.xml")
      .example("myelin test conf/ --coverage")
      .run([options](Console& console) {
        set_log_level("off");
        return options->watch ? test_again_and_again(*options, console) : test(*options, console);
      });
}

}  // namespace myelin
