// `myelin doctor`: everything that can be wrong with this installation, and what to do about it.
// Flow: 1 the configuration · 2 the machine · 3 the daemon, and what it says of channels, lanes and alerts.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/main/client/configurations.h"
#include "engine/main/client/link.h"
#include "engine/main/client/text.h"
#include "engine/main/client/verbs.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"

namespace myelin {
namespace {

using json::Value;
using Level = Finding::Level;

struct DoctorOptions {
  std::string directory, store, socket;
};

const json::Array& items(const Value& list) {
  static const json::Array kNone;
  return list.array() ? *list.array() : kNone;
}

Finding examine_configuration(const Result<routes::Compiled>& compiled, const std::string& directory) {
  const auto check = "`myelin check " + directory + "` shows where";
  if (!compiled) return {Level::trouble, "configuration", compiled.error().detail, "say --conf DIR"};
  const auto& diagnostics = compiled->diagnostics;
  const auto warnings = diagnostics.warnings();
  if (!diagnostics.ok())
    return {Level::trouble, "configuration", directory + ": " + counted(diagnostics.errors(), "error"),
            check + "; a start or a reload would be refused"};
  if (warnings > 0) return {Level::warning, "configuration", directory + ": " + counted(warnings, "warning"), check};
  return {Level::ok, "configuration", directory + ": " + counted(compiled->plans.size(), "channel"), {}};
}

void add_lane(const std::string& channel, const Value& lane, std::vector<Finding>& findings) {
  Value named = lane;
  named.set("channel", channel);
  const auto name = lane_text(named);
  const auto parked = lane["parked"].integer_or(0);
  const auto fault = lane["fault"].text_or("");
  if (lane["no_route"].truth_or(false)) {
    const auto all =
        lane["waiting"].integer_or(0) + lane["awaiting_reply"].integer_or(0) + parked + lane["held"].integer_or(0);
    findings.push_back({Level::trouble, "lane " + name, fmt::format("no route any more; {} on it", number_text(all)),
                        "bring the route back or say `was:` where it goes on, or `myelin queue " + name +
                            " --ids | myelin discard - --reason …`"});
    return;
  }
  if (!lane["stopped"].is_null())
    findings.push_back({Level::warning, "lane " + name, "held: " + lane["stopped"]["reason"].text_or(""),
                        "`myelin release " + name + " --reason …` when it may go on"});
  else if (lane["peer_down"].truth_or(false))
    findings.push_back({Level::trouble, "lane " + name,
                        fmt::format("{} does not answer: {} {}; {} wait", lane["destination"].text_or(""), fault,
                                    lane["detail"].text_or(""), number_text(lane["waiting"].integer_or(0))),
                        "`myelin explain " + (fault.empty() ? "M0401" : fault) + "`; ask its administrator"});
  if (parked > 0)
    findings.push_back({Level::warning, "parked on " + name, number_text(parked) + " wait for a person",
                        "`myelin queue " + channel + " --state parked`, then `myelin trace ID`"});
}

void add_running(const Value& status, const routes::Compiled* compiled, std::vector<Finding>& findings) {
  if (const auto warning = rolled_back_text(status["configuration"]); !warning.empty())
    findings.push_back({Level::warning, "rollback", warning, "`myelin plan` says what a reload would do"});
  std::size_t differ = 0;
  if (compiled && compiled->diagnostics.ok())
    for (const auto& planned : planned_changes(compiled->plans, status["channels"]))
      differ += planned.change == "stays" ? 0 : 1;
  if (differ > 0)
    findings.push_back({Level::warning, "files", counted(differ, "channel") + " would change by a reload",
                        "`myelin plan`, then `myelin reload`"});
}

// What a sender was told no about in the last day. It is the sender's to mend, or the channel's to take.
void add_refused(const Value& page, std::vector<Finding>& findings) {
  const auto count = static_cast<std::int64_t>(items(page["incidents"]).size());
  if (count == 0) return;
  const auto more = page["next"].is_null() ? "" : " or more";
  findings.push_back({Level::warning, "refused", fmt::format("{}{} in the last 24 hours", number_text(count), more),
                      "`myelin incidents --since 24h`, then `myelin incidents ID`"});
}

Task<Exit> examine_daemon(DaemonLink& link, const routes::Compiled* compiled, std::vector<Finding>& findings) {
  link.be_patient(seconds(10));
  const auto status = co_await link.get("/api/v1/status");
  if (!status) {
    findings.push_back({Level::trouble, "daemon", status.error().detail,
                        "`systemctl status myelin` and `journalctl -u myelin`, or say --socket"});
    co_return Exit::ok;
  }
  for (auto& finding : findings_of(*status)) findings.push_back(std::move(finding));
  add_running(*status, compiled, findings);
  const auto day_ago = milliseconds_of("24h").value_or(0);
  const auto refused = co_await link.get(fmt::format("/api/v1/incidents?limit=1000&since={}", day_ago));
  if (refused) add_refused(*refused, findings);
  co_return Exit::ok;
}

Value findings_json(const std::vector<Finding>& findings) {
  Value report, all{json::Array{}};
  for (const auto& finding : findings) {
    Value one;
    one.set("level", name_of(finding.level)).set("subject", finding.subject).set("said", finding.said);
    all.push(one.set("remedy", finding.remedy.empty() ? Value() : Value(finding.remedy)));
  }
  return report.set("findings", std::move(all));
}

void print_findings(const std::vector<Finding>& findings, const Console& console) {
  std::size_t widest = 0;
  for (const auto& finding : findings) widest = std::max(widest, columns(finding.subject));
  for (const auto& finding : findings) {
    const auto ink = finding.level == Level::ok ? Ink::green : finding.level == Level::warning ? Ink::yellow : Ink::red;
    const auto level = name_of(finding.level);
    console.line(fmt::format("{}{}  {}{}  {}", console.paint(ink, level), std::string(7 - level.size(), ' '),
                             finding.subject, std::string(widest - columns(finding.subject), ' '), finding.said));
    if (!finding.remedy.empty()) console.line(std::string(widest + 11, ' ') + finding.remedy);
  }
}

Exit examine(const DoctorOptions& options, const Console& console) {
  const auto directory = options.directory.empty() ? default_configuration_directory() : options.directory;
  config::Diagnostics ignored;
  auto engine = load_engine_config(directory, ignored);
  if (!options.store.empty()) engine.store_path = options.store;
  const auto compiled = compile_directory(directory);
  std::vector<Finding> findings = {examine_configuration(compiled, directory), examine_files(directory),
                                   examine_store(engine.store_path),
                                   examine_space(engine.store_path, engine.store_reserve)};
  if (findings[2].level != Level::warning) findings.push_back(examine_sync(engine.store_path));
  for (const auto& finding : {examine_descriptors(), examine_clock(), examine_unit()}) findings.push_back(finding);
  with_daemon(options.socket,
              [&](DaemonLink& link) { return examine_daemon(link, compiled ? &*compiled : nullptr, findings); });
  if (console.json()) console.print(findings_json(findings));
  else print_findings(findings, console);
  bool well = true;
  for (const auto& finding : findings) well = well && finding.level != Level::trouble;
  return well ? Exit::ok : Exit::not_so;
}

}  // namespace

std::vector<Finding> findings_of(const Value& status) {
  std::vector<Finding> findings;
  const auto version = status["engine"]["version"].text_or("");
  if (version == MYELIN_VERSION)
    findings.push_back(
        {Level::ok,
         "daemon",
         fmt::format("version {}, up {}", version, span_text(seconds(status["engine"]["uptime_s"].integer_or(0)))),
         {}});
  else
    findings.push_back({Level::warning, "daemon", "version " + version + " runs, and " MYELIN_VERSION " is installed",
                        "`systemctl restart myelin` when it suits"});
  for (const auto& channel : items(status["channels"])) {
    const auto name = channel["name"].text_or("");
    const auto fault = channel["fault"].text_or("");
    if (!fault.empty())
      findings.push_back({Level::trouble, "channel " + name, fault + "; it is tried again every 10 s",
                          "`ss -ltnp` shows who has a port; `myelin reload` tries at once"});
    for (const auto& lane : items(channel["lanes"])) add_lane(name, lane, findings);
  }
  for (const auto& alert : items(status["alerts"]))
    findings.push_back({Level::warning, "alert", lane_text(alert) + ": " + alert["alert"].text_or(""),
                        "`myelin status " + alert["channel"].text_or("") + "`"});
  if (const auto fault = status["retention"]["fault"].text_or(""); !fault.empty())
    findings.push_back({Level::trouble, "purge", fault, "look at the disk, and at the log"});
  return findings;
}

void add_doctor(Commands& commands) {
  auto options = std::make_shared<DoctorOptions>();
  commands.add(Group::watch, "doctor", "looks at all that can be wrong on this server, and says what to do")
      .conf(options->directory)
      .option("--store", "DIR", options->store, "the store, where it is not the one of myelin.yaml")
      .socket(options->socket)
      .json()
      .example("myelin doctor")
      .example("sudo -u myelin myelin doctor --conf /etc/myelin")
      .detail(
          "It looks at the configuration, who may read and write its files and the store, free space, how long the "
          "disk "
          "takes to keep a write, the limit of open files, the clock, the systemd unit, the daemon, its channels, "
          "lanes, parked deliveries, what was refused, and alerts. Exit 1 where there is trouble; warnings alone are "
          "exit 0.")
      .run([options](Console& console) { return examine(*options, console); });
}

}  // namespace myelin
