// `myelin check`: compiles a configuration and shows all of its mistakes at once. Starts nothing, changes nothing.
#include "engine/main/command.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {

namespace {

struct CheckOptions {
  std::string directory;
  std::string site;
  bool strict = false;
  bool sarif = false;
};

Exit check(const CheckOptions& options, const Console& console) {
  const auto compiled = compile_directory(
      options.directory.empty() ? default_configuration_directory() : options.directory, options.site);
  if (!compiled) return console.report(compiled.error());
  const auto& diagnostics = compiled->diagnostics;
  if (options.sarif) {
    console.print(sarif(diagnostics));
  } else if (console.json()) {
    json::Value report;
    report.set("files", compiled->files).set("channels", compiled->plans.size());
    report.set("errors", diagnostics.errors()).set("warnings", diagnostics.warnings());
    report.set("diagnostics", diagnostics_json(diagnostics));
    console.print(report);
  } else {
    print_diagnostics(console, diagnostics, stdout, config::Severity::hint);
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
      .option("--site", "NAME", options->site, "with connections.NAME.yaml instead of connections.yaml; live is strict")
      .flag("--sarif", options->sarif, "as SARIF 2.1.0, for code review")
      .json()
      .example("myelin check conf/")
      .example("myelin check conf/ --strict --json")
      .example("myelin check conf/ --site live")
      .run([options](Console& console) { return check(*options, console); });
}

}  // namespace myelin
