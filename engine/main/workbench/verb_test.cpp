// `myelin test`: runs the tests that stand in channel files, on the real intake and lanes with a virtual clock.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "engine/base/event.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/test_runner.h"

namespace myelin {

namespace {

struct TestOptions {
  std::string where, filter, junit;
};

double in_ms(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

bool same_file(const std::string& one, const std::string& other) {
  std::error_code ignored;
  return std::filesystem::equivalent(one, other, ignored);
}

// The tests that were asked for, in the order of the files.
std::vector<TestResult> run_tests(const routes::Compiled& compiled, const TestOptions& options,
                                  const std::string& only_file) {
  std::vector<TestResult> results;
  for (const auto& tests : compiled.tests) {
    const auto plan =
        std::ranges::find_if(compiled.plans, [&](const auto& each) { return each->channel == tests.channel; });
    if (plan == compiled.plans.end()) continue;
    for (const auto& test : tests.cases) {
      if (!only_file.empty() && !(test.place.source && same_file(test.place.source->path(), only_file))) continue;
      if ((tests.channel + ": " + test.it).find(options.filter) == std::string::npos) continue;
      results.push_back(run_test(**plan, test));
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

std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '&') out += "&amp;";
    else if (c == '"') out += "&quot;";
    else out += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
  }
  return out;
}

// The JUnit form that build servers read.
std::string junit(const std::vector<TestResult>& results, std::size_t failed, Duration took) {
  auto xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"myelin\" tests=\"{}\" failures=\"{}\" "
      "time=\"{:.3f}\">\n",
      results.size(), failed, in_ms(took) / 1000);
  for (const auto& result : results) {
    xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\">", xml_text(result.channel),
                       xml_text(result.it), in_ms(result.took) / 1000);
    if (!result.passed()) {
      const auto& first = result.mismatches.front();
      xml += fmt::format("\n    <failure message=\"{}\">{}\n",
                         xml_text(first.about + ": expected " + first.expected + ", got " + first.got),
                         xml_text(to_string(first.place)));
      for (const auto& mismatch : result.mismatches)
        xml += xml_text(fmt::format("{}: expected {}, got {}\n", mismatch.about, mismatch.expected, mismatch.got));
      xml += "</failure>\n  ";
    }
    xml += "</testcase>\n";
  }
  return xml + "</testsuite>\n";
}

Exit test(const TestOptions& options, const Console& console) {
  set_log_level("off");
  std::string directory = options.where.empty() ? default_configuration_directory() : options.where;
  std::string only_file;
  if (std::filesystem::is_regular_file(directory)) {
    only_file = directory;
    directory = (std::filesystem::path(directory).parent_path() / "..").lexically_normal().string();
  }
  const auto compiled = compile_directory(directory);
  if (!compiled) return console.report(compiled.error());
  if (!compiled->diagnostics.ok()) {
    print_diagnostics(console, compiled->diagnostics, stderr);
    console.error(closing_line(*compiled) + " Channels with errors are not tested.");
  }
  const auto began = std::chrono::steady_clock::now();
  const auto results = run_tests(*compiled, options, only_file);
  const Duration took = std::chrono::steady_clock::now() - began;
  const auto failed =
      static_cast<std::size_t>(std::ranges::count_if(results, [](const auto& each) { return !each.passed(); }));
  if (!options.junit.empty()) {
    if (auto written = write_output(options.junit, junit(results, failed, took)); !written)
      return console.report(written.error());
  }
  if (console.json()) {
    json::Value report;
    report.set("tests", results.size()).set("failed", failed).set("ms", static_cast<std::int64_t>(in_ms(took)));
    json::Value all{json::Array{}};
    for (const auto& result : results) all.push(result_json(result));
    report.set("results", std::move(all));
    console.print(report);
  } else {
    for (const auto& result : results) print_result(console, result);
    const auto summary = fmt::format("{}, {} passed, {} failed, {:.1f} ms", counted(results.size(), "test"),
                                     results.size() - failed, failed, in_ms(took));
    console.line(console.paint(failed > 0 ? Ink::red : Ink::green, summary));
  }
  if (results.empty() && !options.filter.empty()) console.error("no test matches '" + options.filter + "'");
  const bool nothing_matched = results.empty() && !options.filter.empty();
  return failed > 0 || nothing_matched || !compiled->diagnostics.ok() ? Exit::not_so : Exit::ok;
}

}  // namespace

void add_test(Commands& commands) {
  auto options = std::make_shared<TestOptions>();
  commands.add(Group::write, "test", "runs the tests that stand in channel files; no peer is contacted")
      .optional("CONF_DIR|FILE", options->where, "the configuration, or one channel file of it")
      .option("--filter", "TEXT", options->filter, "only tests whose \"channel: name\" has this text")
      .option("--junit", "FILE", options->junit, "also write the results as JUnit XML")
      .json()
      .example("myelin test conf/")
      .example("myelin test conf/channels/adt.yaml --filter \"merge\" --junit results.xml")
      .run([options](Console& console) { return test(*options, console); });
}

}  // namespace myelin
