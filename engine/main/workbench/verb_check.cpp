// `myelin check`: compiles a configuration and shows all of its mistakes at once. Starts nothing, changes nothing.
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {

namespace {

struct CheckOptions {
  std::string directory;
  bool strict = false;
};

Exit check(const CheckOptions& options, const Console& console) {
  const auto compiled =
      compile_directory(options.directory.empty() ? default_configuration_directory() : options.directory);
  if (!compiled) return console.report(compiled.error());
  const auto& diagnostics = compiled->diagnostics;
  if (console.json()) {
    json::Value report;
    report.set("files", compiled->files).set("channels", compiled->plans.size());
    report.set("errors", diagnostics.errors()).set("warnings", diagnostics.warnings());
    report.set("diagnostics", diagnostics_json(diagnostics));
    console.print(report);
  } else {
    print_diagnostics(console, diagnostics, stdout);
    const auto ink = !diagnostics.ok() ? Ink::red : diagnostics.warnings() > 0 ? Ink::yellow : Ink::green;
    console.line(console.paint(ink, closing_line(*compiled)));
  }
  if (!diagnostics.ok()) return Exit::not_so;
  return options.strict && diagnostics.warnings() > 0 ? Exit::warnings : Exit::ok;
}

}  // namespace

void add_check(Commands& commands) {
  auto options = std::make_shared<CheckOptions>();
  commands.add(Group::write, "check", "compiles a configuration and shows its mistakes, all at once")
      .optional("CONF_DIR", options->directory, "the configuration (conf/ here, else /etc/myelin)")
      .flag("--strict", options->strict, "exit 3 when there are warnings")
      .json()
      .example("myelin check conf/")
      .example("myelin check conf/ --strict --json")
      .run([options](Console& console) { return check(*options, console); });
}

}  // namespace myelin
