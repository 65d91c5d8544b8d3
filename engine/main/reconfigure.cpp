// The configuration of the running daemon: from its files, or from one that was live before.
// Flow of a reload: 1 compile, and run the tests of the channels that were edited, on the pool · 2 refuse all, or swap
// the channels that changed · 3 keep it in the history.
// Flow of a rollback: 1 the files of then, compiled · 2 keep it in the history, as a rollback · 3 swap.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/base/counted.h"
#include "engine/base/event.h"
#include "engine/base/offload.h"
#include "engine/base/unheard.h"
#include "engine/main/daemon.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/test_runner.h"
#include "routes/compile/files.h"

namespace myelin {
namespace {

// Mistakes and warnings; hints are for `myelin check`.
std::string rendered(const config::Diagnostics& diagnostics, bool colour) {
  std::string text;
  for (const auto& diagnostic : diagnostics.sorted())
    if (diagnostic.severity != config::Severity::hint)
      text += config::render(diagnostic, colour ? config::Colour::always : config::Colour::never);
  return text;
}

runtime::RetentionRules retention(const EngineConfig& config, const routes::Compiled& compiled) {
  runtime::RetentionRules rules;
  rules.fallback = config.retain;
  for (const auto& plan : compiled.plans)
    if (plan->retain) rules.channels.emplace(plan->channel, *plan->retain);
  return rules;
}

// All that decides what is found in a message: where it is the same, what was indexed stands.
std::string index_of(const Plan& plan) {
  std::string text = plan.channel + " " + std::string(name_of(plan.accept.body)) + " " + plan.charset.charset +
                     (plan.charset.instead_of_msh ? " whatever MSH-18 says" : "") + "\n";
  for (const auto& key : plan.index) text += key.name + "\n" + key.paths;
  return text;
}

// What the store's search reads of a message, by the plan of its channel. On the store's own thread: plans are values.
void use_index(Store& store, const std::vector<std::shared_ptr<const Plan>>& plans) {
  std::map<std::string, std::shared_ptr<const Plan>> by_channel;
  std::string fingerprint;
  for (const auto& plan : plans) {
    if (plan->index.empty()) continue;
    by_channel.emplace(plan->channel, plan);
    fingerprint += index_of(*plan);
  }
  store.index_with(
      [by_channel = std::move(by_channel)](const Message& message) {
        std::vector<SearchKey> keys;
        const auto plan = by_channel.find(message.channel);
        if (plan == by_channel.end()) return keys;
        const auto body = plan->second->read(message.bytes);
        if (!body) return keys;
        for (const auto& key : plan->second->index)
          for (auto& value : key.values->values(*body))
            if (!value.empty()) keys.push_back({key.name, std::move(value)});
        return keys;
      },
      fingerprint);
}

void use(Daemon& daemon, const routes::Compiled& compiled) {
  daemon.purger.use(retention(daemon.config, compiled));
  daemon.alerts.use(compiled.plans);
  daemon.texts.clear();
  for (std::size_t i = 0; i < compiled.plans.size(); ++i)
    daemon.texts.emplace(compiled.plans[i]->channel, compiled.texts[i]);
  use_index(daemon.store, compiled.plans);
}

Task<void> record(Daemon& daemon, const routes::Compiled& compiled) {
  for (std::size_t i = 0; i < compiled.plans.size(); ++i) {
    const auto& plan = *compiled.plans[i];
    const auto& text = compiled.texts[i];
    auto& known = daemon.recorded[plan.channel];
    if (known == plan.hash) continue;
    known = plan.hash;
    const auto recorded = co_await daemon.store.record_plan(daemon.loop, plan.channel, plan.hash, text);
    if (!recorded)
      emit(EventKind::channel_failed, {{Label::channel, plan.channel}, {Label::reason, recorded.error().detail}});
  }
}

// The tests of each channel whose file was edited: what they say is what its author meant. A table may grow by a code
// that a test still misses, so that alone runs none.
std::string failed_tests(const routes::Compiled& compiled, const Daemon::ByChannel& before, int& failed) {
  const Unheard rehearsals;
  std::string said;
  for (std::size_t i = 0; i < compiled.plans.size(); ++i) {
    const auto known = before.find(compiled.plans[i]->channel);
    if (known == before.end() || known->second == compiled.texts[i]) continue;
    for (const auto& test : compiled.tests[i].cases) {
      const auto result = run_test(*compiled.plans[i], test);
      if (result.passed()) continue;
      ++failed;
      const auto& first = result.mismatches.front();  // its place and no values: samples may be of real people
      said += "test failed: " + result.channel + ": " + result.it + "\n  --> " + to_string(first.place) + "\n  " +
              first.about + " is not as expected; `myelin test` shows it\n";
    }
  }
  return said;
}

struct Proposal {
  routes::Compiled compiled;
  int failed = 0;  // tests
  std::string said;
};

// On the pool, so that no message waits for it.
Task<Proposal> propose(Daemon& daemon) {
  auto work = [&daemon] {
    Proposal made;
    made.compiled = daemon.compiler.compile();
    made.said = rendered(made.compiled.diagnostics, false);
    if (made.compiled.diagnostics.ok()) made.said += failed_tests(made.compiled, daemon.texts, made.failed);
    return made;
  };
  co_return co_await offload<Proposal>(daemon.loop, work);
}

void refuse(admin::ReloadResult& result, const Daemon& daemon, std::int64_t count, const std::string& what) {
  emit(EventKind::reload_refused, {{Label::count, count}});
  result.fault = Fault{FaultCode::bad_configuration, what + "; nothing was changed", {}, daemon.options.directory};
}

Task<void> apply(Daemon& daemon, const routes::Compiled& compiled, admin::ReloadResult& result) {
  daemon.service.reloading(daemon.loop.mono());
  co_await record(daemon, compiled);
  auto applied = co_await daemon.host.apply(compiled.plans);
  result.report = std::move(applied);
  use(daemon, compiled);
  daemon.service.ready("running");
}

std::vector<std::string> failed_channels(const runtime::ReloadReport& report) {
  std::vector<std::string> names;
  for (const auto& each : report.faults) names.push_back(each.channel);
  return names;
}

// What runs now is in the history, on the disk. Where it cannot be kept it runs all the same, and the log says so.
Task<int> keep(Daemon& daemon, const routes::Compiled& compiled, const runtime::ReloadReport& report,
               admin::LiveConfiguration one) {
  one.at = daemon.loop.wall();
  one.started = report.started;
  one.changed = report.changed;
  one.removed = report.removed;
  one.failed = failed_channels(report);
  auto work = [&] { return daemon.history.add(one, routes::texts_of(*compiled.read)); };
  const auto number = co_await offload<Result<int>>(daemon.loop, work);
  if (!number) emit(EventKind::history_failed, {{Label::reason, number.error().detail}});
  co_return number.value_or(0);
}

void say_applied(const admin::ReloadResult& result) {
  const auto& [started, changed, removed, unchanged, faults] = result.report;
  emit(EventKind::reload_applied,
       {{Label::count, static_cast<std::int64_t>(changed.size() + started.size() + removed.size())}});
}

// It is kept as a rollback before it runs, so that a crash between both does not bring back what was rolled back.
Task<void> go_back(Daemon& daemon, const routes::Compiled& compiled, admin::LiveConfiguration one,
                   admin::ReloadResult& result) {
  one.at = daemon.loop.wall();
  auto work = [&] { return daemon.history.add(one, routes::texts_of(*compiled.read)); };
  const auto number = co_await offload<Result<int>>(daemon.loop, work);
  if (!number) {
    result.fault = number.error();
    co_return;
  }
  co_await apply(daemon, compiled, result);
  result.configuration = *number;
  if (result.report.faults.empty()) co_return;
  auto mark = [&] { return daemon.history.mark_failed(*number, failed_channels(result.report)); };
  const auto marked = co_await offload<Result<void>>(daemon.loop, mark);
  if (!marked) emit(EventKind::history_failed, {{Label::reason, marked.error().detail}});
}

}  // namespace

Task<runtime::ReloadReport> start_channels(Daemon& daemon, const routes::Compiled& compiled) {
  co_await record(daemon, compiled);
  auto report = co_await daemon.host.apply(compiled.plans);
  const auto running = daemon.history.running();
  admin::LiveConfiguration one;
  one.by = runtime::kByEngine;
  one.how = "start";
  const bool rolled_back = running && running->rolled_back();
  if (!rolled_back) co_await keep(daemon, compiled, report, std::move(one));
  use(daemon, compiled);
  co_return report;
}

Task<admin::ReloadResult> reload(Daemon& daemon, runtime::Person person) {
  admin::ReloadResult result;
  if (daemon.reloading) {
    result.fault = Fault{FaultCode::wrong_state, "another reload is under way", {}, {}};
    co_return result;
  }
  daemon.reloading = true;
  const auto proposal = co_await propose(daemon);
  result.diagnostics = proposal.said;
  const auto errors = proposal.compiled.diagnostics.errors();
  if (errors > 0) {
    refuse(result, daemon, static_cast<std::int64_t>(errors), counted(errors, "mistake"));
  } else if (proposal.failed > 0) {
    refuse(result, daemon, proposal.failed, counted(proposal.failed, "test") + " failed");
  } else {
    co_await apply(daemon, proposal.compiled, result);
    admin::LiveConfiguration one;
    one.by = person.name;
    one.how = "reload";
    result.configuration = co_await keep(daemon, proposal.compiled, result.report, std::move(one));
  }
  daemon.reloading = false;
  if (!result.fault) say_applied(result);
  co_return result;
}

Result<routes::Compiled> compile_past(const admin::History& history, int number, const std::string& directory) {
  auto texts = history.texts(number);
  if (!texts) return fail(texts);
  return compile_texts(directory, *texts);
}

// Why there is nothing to go back to.
static Fault no_target(const admin::History& history, int number) {
  const auto all = history.all();
  if (number > 0)
    return {
        FaultCode::not_found, fmt::format("no configuration {} is kept; `myelin history` lists them", number), {}, {}};
  const auto failed = [](const admin::LiveConfiguration& one) { return !one.failed.empty(); };
  const auto is_other = [&](const admin::LiveConfiguration& one) { return one.hash != all.back().hash; };
  if (std::ranges::none_of(all, is_other))
    return {FaultCode::wrong_state, "no other configuration than the one that runs has been live yet", {}, {}};
  if (std::ranges::any_of(all, failed))
    return {FaultCode::wrong_state,
            "channels failed in each that was live before what runs; say the number of the one that you mean, "
            "`myelin history` lists them",
            {},
            {}};
  return {FaultCode::wrong_state,
          "what runs is the first of them; say the number of the one that you mean, `myelin history` lists them",
          {},
          {}};
}

Task<admin::ReloadResult> rollback(Daemon& daemon, int number, runtime::Person person) {
  admin::ReloadResult result;
  const auto target = number > 0 ? daemon.history.find(number) : daemon.history.before_running();
  if (!target) result.fault = no_target(daemon.history, number);
  if (daemon.reloading) result.fault = Fault{FaultCode::wrong_state, "another reload is under way", {}, {}};
  if (result.fault) co_return result;
  daemon.reloading = true;
  auto work = [&] { return compile_past(daemon.history, target->number, daemon.options.directory); };
  const auto compiled = co_await offload<Result<routes::Compiled>>(daemon.loop, work);
  if (!compiled) {
    result.fault = compiled.error();
  } else if (const auto errors = compiled->diagnostics.errors(); errors > 0) {
    result.diagnostics = rendered(compiled->diagnostics, false);
    refuse(result, daemon, static_cast<std::int64_t>(errors), "this version finds mistakes in it");
  } else {
    admin::LiveConfiguration one;
    one.by = person.name;
    one.reason = person.reason;
    one.how = "rollback";
    one.of = target->rolled_back() ? target->of : target->number;
    co_await go_back(daemon, *compiled, std::move(one), result);
  }
  daemon.reloading = false;
  if (!result.fault) say_applied(result);
  co_return result;
}

}  // namespace myelin
