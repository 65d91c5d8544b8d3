// `myelin validate`: messages against HL7's dictionary or a site's profile, as text, JSON or ERR segments.
#include <fmt/format.h>

#include "engine/base/counted.h"
#include "engine/fhir/json.h"
#include "engine/hl7/ack.h"
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/message_file.h"
#include "engine/main/workbench/profile_file.h"

namespace myelin {
namespace {

using schema::Finding;
using schema::Severity;

struct ValidateOptions {
  std::vector<std::string> files;
  std::string profile{routes::kStandardProfile};
  std::string directory;
  std::string least = "info";
  bool errors = false;
  bool strict = false;
};

struct Checked {
  std::string file;
  std::size_t number = 0;  // in its file, from 1
  bool one_of_many = false;
  hl7::Tree tree;
  schema::Findings findings;
};

Ink ink_of(Severity severity) {
  return severity == Severity::error ? Ink::red : severity == Severity::warning ? Ink::yellow : Ink::grey;
}

// What stands there, where the finding is about it. For the person at the terminal only.
std::string content(const hl7::Tree& tree, const Finding& finding) {
  if (!finding.spot || finding.spot->field == 0 || finding.rule == schema::Rule::usage) return {};
  const auto raw = tree.raw(*finding.spot);
  return raw.empty() ? std::string() : fmt::format("  {}", cut(raw, 40));
}

void print_text(const Console& console, const Checked& checked, Severity least) {
  const auto& findings = checked.findings;
  const auto errors = findings.count(Severity::error), warnings = findings.count(Severity::warning);
  const auto what = findings.structure.empty() ? std::string_view("no structure known") : findings.structure;
  const auto name = checked.one_of_many ? fmt::format("{}, message {}", checked.file, checked.number) : checked.file;
  console.line(
      fmt::format("{}: {} in HL7 {}: {}", name, what, findings.version,
                  errors + warnings == 0 ? "valid" : counted(errors, "error") + ", " + counted(warnings, "warning")));
  for (const auto& each : findings.all) {
    if (each.severity < least) continue;
    console.line(fmt::format("  {} {:<18} {}{}",
                             console.paint(ink_of(each.severity), fmt::format("{:<7}", to_string(each.severity))),
                             each.at, each.text, console.paint(Ink::grey, content(checked.tree, each))));
  }
  if (findings.left_out != 0) console.line(fmt::format("  and {} more", findings.left_out));
}

json::Value as_json(const Checked& checked, Severity least) {
  const auto& findings = checked.findings;
  json::Value items{json::Array{}};
  for (const auto& each : findings.all) {
    if (each.severity < least) continue;
    json::Value one;
    one.set("severity", to_string(each.severity)).set("rule", to_string(each.rule));
    one.set("at", each.at).set("text", each.text);
    items.push(std::move(one));
  }
  json::Value all;
  all.set("file", checked.file).set("message", checked.number);
  all.set("version", findings.version).set("structure", findings.structure);
  all.set("errors", findings.count(Severity::error)).set("warnings", findings.count(Severity::warning));
  all.set("findings", std::move(items)).set("left_out", findings.left_out);
  return all;
}

void print_errors(const Console& console, const Checked& checked, Severity least) {
  const auto fault = schema::to_fault(checked.findings, least);
  if (!fault) return;
  auto segments = hl7::make_errors(checked.tree.bytes().view(), *fault);
  for (std::size_t end = 0; (end = segments.find('\r')) != std::string::npos; segments.erase(0, end + 1))
    console.line(std::string_view(segments).substr(0, end));
}

Exit validate(const ValidateOptions& options, const Console& console) {
  const auto directory = options.directory.empty() ? default_configuration_directory() : options.directory;
  const auto least = schema::severity_of(options.least);
  if (!least) {
    console.error(fmt::format("--least is info, warning or error, not '{}'", options.least));
    return Exit::usage;
  }
  const auto profile = load_profile(options.profile, directory, console);
  if (!profile) return Exit::not_so;
  json::Value all{json::Array{}};
  std::size_t errors = 0, warnings = 0;
  for (const auto& file : options.files) {
    const auto read = read_input(file);
    if (!read) return console.report(read.error());
    auto messages = split_messages(*read);
    for (std::size_t i = 0; i < messages.size(); ++i) {
      auto tree = hl7::Tree::parse(Bytes(std::move(messages[i])));
      if (!tree) {
        console.error(file + ": " + to_string(tree.error()));
        return Exit::not_so;
      }
      auto findings = profile->validate(Body(*tree), Context{});
      const Checked checked{file, i + 1, messages.size() > 1, std::move(*tree), std::move(findings)};
      errors += checked.findings.count(Severity::error);
      warnings += checked.findings.count(Severity::warning);
      if (console.json()) all.push(as_json(checked, *least));
      else if (options.errors) print_errors(console, checked, *least);
      else print_text(console, checked, *least);
    }
  }
  if (console.json()) console.print(all);
  if (errors != 0) return Exit::not_so;
  return options.strict && warnings != 0 ? Exit::warnings : Exit::ok;
}

}  // namespace

void add_validate(Commands& commands) {
  auto options = std::make_shared<ValidateOptions>();
  commands.add(Group::bench, "validate", "checks messages against HL7 or a profile; exit 1 when there are errors")
      .arguments("FILE", options->files, "messages; - for standard input")
      .option("--profile", "NAME", options->profile, "a profile of the configuration, or a file")
      .conf(options->directory)
      .option("--least", "SEVERITY", options->least, "what is shown: info, warning or error")
      .flag("--err", options->errors, "print the ERR segments that an answer would have")
      .flag("--strict", options->strict, "exit 3 when there are warnings")
      .json()
      .example("myelin validate conf/channels/samples/adt-a01.hl7")
      .example("myelin validate results/*.hl7 --profile lab-oru --least warning")
      .example("myelin validate message.hl7 --err")
      .run([options](Console& console) { return validate(*options, console); });
}

}  // namespace myelin
