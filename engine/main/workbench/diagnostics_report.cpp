#include "engine/main/workbench/diagnostics_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "adapters/catalog.h"
#include "engine/main/engine_config.h"
#include "routes/compile/compile_files.h"

namespace myelin {

Result<routes::Compiled> compile_directory(const std::string& directory, const std::string& site) {
  routes::Compiler compiler(directory, adapters::catalog(), site);
  return compile_directory(compiler);
}

Result<routes::Compiled> compile_texts(const std::string& directory, const std::map<std::string, std::string>& texts) {
  auto files = std::make_shared<routes::ConfigurationFiles>(routes::files_of(directory, texts));
  files->tested = false;
  auto compiled = routes::compile_files(*files, adapters::catalog());
  compiled.read = std::move(files);
  return compiled;
}

Result<routes::Compiled> compile_directory(routes::Compiler& compiler) {
  const auto& directory = compiler.directory();
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored))
    return fail(FaultCode::io_failed, directory +
                                          ": there is no such file or directory; a configuration is a directory, "
                                          "with channels/ in it");
  if (!std::filesystem::is_directory(directory, ignored))
    return fail(FaultCode::io_failed, directory + " is not a directory; a configuration is one, with channels/ in it");
  auto compiled = compiler.compile();
  if (has_engine_config(directory)) ++compiled.files;
  static_cast<void>(load_engine_config(directory, compiled.diagnostics));
  return compiled;
}

Result<std::shared_ptr<const Plan>> find_plan(const routes::Compiled& compiled, const std::string& channel) {
  std::vector<std::string_view> names;
  for (const auto& plan : compiled.plans) {
    if (plan->channel == channel) return plan;
    names.push_back(plan->channel);
  }
  auto text = "there is no channel called '" + channel + "'";
  if (!compiled.diagnostics.ok())
    text += " without an error; `myelin check` shows " + counted(compiled.diagnostics.errors(), "error");
  else if (const auto near = config::nearest(channel, names); !near.empty())
    text += "; did you mean " + std::string(near) + "?";
  return fail(FaultCode::not_found, text);
}

void print_diagnostics(const Console& console, const config::Diagnostics& diagnostics, FILE* to,
                       config::Severity least) {
  const auto colour = console.colour() ? config::Colour::always : config::Colour::never;
  for (const auto& diagnostic : diagnostics.sorted()) {
    if (diagnostic.severity > least) continue;  // the worst is the first
    auto text = config::render(diagnostic, colour);
    while (text.ends_with('\n')) text.pop_back();
    fmt::print(to, "{}\n", text);
  }
}

json::Value diagnostics_json(const config::Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 3> kSeverities = {"error", "warning", "hint"};
  json::Value all{json::Array{}};
  for (const auto& diagnostic : diagnostics.sorted()) {
    json::Value one;
    one.set("code", diagnostic.code).set("severity", kSeverities[static_cast<std::size_t>(diagnostic.severity)]);
    one.set("message", diagnostic.message).set("hint", diagnostic.hint);
    one.set("file", diagnostic.place.source ? diagnostic.place.source->path() : std::string());
    one.set("line", diagnostic.place.line)
        .set("column", diagnostic.place.column)
        .set("length", diagnostic.place.length);
    all.push(std::move(one));
  }
  return all;
}

json::Value sarif(const config::Diagnostics& diagnostics) {
  static constexpr std::array<std::string_view, 3> kLevels = {"error", "warning", "note"};
  json::Value results{json::Array{}}, rules{json::Array{}};
  std::set<std::string_view> known;
  for (const auto& diagnostic : diagnostics.sorted()) {
    const auto& place = diagnostic.place;
    const auto text = diagnostic.hint.empty() ? diagnostic.message : diagnostic.message + "; " + diagnostic.hint;
    json::Value region, physical, location, result;
    region.set("startLine", std::max(place.line, 1)).set("startColumn", std::max(place.column, 1));
    region.set("endColumn", std::max(place.column, 1) + std::max(place.length, 1));
    physical.set("artifactLocation", json::Value().set("uri", place.source ? place.source->path() : std::string()));
    location.set("physicalLocation", physical.set("region", std::move(region)));
    result.set("ruleId", diagnostic.code);
    result.set("level", kLevels[static_cast<std::size_t>(diagnostic.severity)]);
    result.set("message", json::Value().set("text", text));
    results.push(result.set("locations", json::Array{std::move(location)}));
    if (!known.insert(diagnostic.code).second) continue;
    const auto* entry = config::find_diagnostic(diagnostic.code);
    json::Value rule;
    rule.set("id", diagnostic.code).set("name", entry->title);
    rules.push(rule.set("fullDescription", json::Value().set("text", entry->explanation)));
  }
  json::Value driver, run, report;
  driver.set("name", "myelin check").set("rules", std::move(rules));
  run.set("tool", json::Value().set("driver", std::move(driver))).set("columnKind", "unicodeCodePoints");
  report.set("$schema", "https://json.schemastore.org/sarif-2.1.0.json").set("version", "2.1.0");
  return report.set("runs", json::Array{run.set("results", std::move(results))});
}

std::string closing_line(const routes::Compiled& compiled) {
  const auto files = counted(static_cast<std::size_t>(compiled.files), "file") + " checked, ";
  const auto errors = compiled.diagnostics.errors(), warnings = compiled.diagnostics.warnings();
  if (errors == 0 && warnings == 0) return files + counted(compiled.plans.size(), "channel") + ", no mistakes.";
  const auto text = files + counted(errors, "error") + ", " + counted(warnings, "warning") + ".";
  return errors == 0 ? text : text + " Nothing was changed; the running configuration stays.";
}

}  // namespace myelin
