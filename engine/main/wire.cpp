// A start reads from top to bottom of run_daemon(): configuration, loops, store, channels, control socket, ready.
// A stop is the same list upwards. serve() is what happens in between, on the first loop.
#include "engine/main/wire.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/catalog.h"
#include "engine/admin/server.h"
#include "engine/base/event.h"
#include "engine/base/offload.h"
#include "engine/base/prompt.h"
#include "engine/base/unheard.h"
#include "engine/main/engine_config.h"
#include "engine/main/service.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/main/workbench/test_runner.h"
#include "engine/net/asio_loop.h"
#include "engine/runtime/alerts.h"
#include "engine/runtime/host.h"
#include "engine/runtime/purger.h"
#include "engine/runtime/stalls.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "routes/compile/compile.h"

namespace myelin {
namespace {

constexpr int kStoreFailedStatus = 74;                // EX_IOERR of sysexits(3)
constexpr Duration kLastReload = milliseconds(20);    // so often is looked whether it ended
constexpr Duration kLastAnswers = milliseconds(300);  // so long the senders may still be told that it failed

std::string rendered(const config::Diagnostics& diagnostics, bool colour) {
  std::string text;
  for (const auto& diagnostic : diagnostics.sorted())
    text += config::render(diagnostic, colour ? config::Colour::always : config::Colour::never);
  return text;
}

// Loops beside the first have a thread each; the first is the main thread's.
class LoopThreads {
 public:
  explicit LoopThreads(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<net::AsioLoop>());
    for (std::size_t i = 1; i < count; ++i)
      threads_.emplace_back([loop = loops_[i].get()] {
        be_prompt();
        loop->run();
      });
  }
  ~LoopThreads() {
    for (auto& loop : loops_) loop->stop();
  }
  net::AsioLoop& first() { return *loops_.front(); }
  std::vector<Loop*> all() const {
    std::vector<Loop*> pointers;
    for (const auto& loop : loops_) pointers.push_back(loop.get());
    return pointers;
  }

 private:
  std::vector<std::unique_ptr<net::AsioLoop>> loops_;
  std::vector<std::jthread> threads_;
};

std::size_t loop_count() { return std::max(2U, std::thread::hardware_concurrency()) - 1; }

using Texts = std::map<std::string, std::string, std::less<>>;  // of channel files, by channel

struct Daemon {
  const RunOptions& options;
  const EngineConfig& config;
  net::AsioLoop& loop;
  Store& store;
  runtime::Host& host;
  runtime::Purger& purger;
  runtime::Alerts& alerts;
  ServiceManager service;
  Wakeup signalled;
  std::vector<int> signals;
  bool reloading = false;
  bool stopping = false;
  std::vector<Loop*> loops = {};
  bool started = false;  // channels and lanes run
  routes::Compiler& compiler;
  std::map<std::string, std::string, std::less<>> recorded = {};  // hash of the plan, by channel
  Texts texts = {};                                               // of the plans that run
};

runtime::RetentionRules retention(const EngineConfig& config, const routes::Compiled& compiled) {
  runtime::RetentionRules rules;
  rules.fallback = config.retain;
  for (const auto& plan : compiled.plans)
    if (plan->retain) rules.channels.emplace(plan->channel, *plan->retain);
  return rules;
}

// What the store's search reads of a message, by the plan of its channel. On the store's own thread: plans are values.
void use_index(Store& store, const std::vector<std::shared_ptr<const Plan>>& plans) {
  std::map<std::string, std::shared_ptr<const Plan>> by_channel;
  std::string fingerprint;
  for (const auto& plan : plans) {
    if (plan->index.empty()) continue;
    by_channel.emplace(plan->channel, plan);
    fingerprint += plan->channel + " " + plan->hash + "\n";
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
std::string failed_tests(const routes::Compiled& compiled, const Texts& before, int& failed) {
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

// All or nothing: a mistake anywhere, or a test that fails, leaves what runs as it is.
Task<admin::ReloadResult> reload(Daemon& daemon) {
  admin::ReloadResult result;
  if (daemon.reloading) {
    result.fault = Fault{FaultCode::wrong_state, "another reload is under way", {}, {}};
    co_return result;
  }
  daemon.reloading = true;
  const auto proposal = co_await propose(daemon);
  result.diagnostics = proposal.said;
  const auto errors = proposal.compiled.diagnostics.errors();
  if (errors > 0) refuse(result, daemon, static_cast<std::int64_t>(errors), std::to_string(errors) + " mistakes");
  else if (proposal.failed > 0)
    refuse(result, daemon, proposal.failed, std::to_string(proposal.failed) + " tests failed");
  else co_await apply(daemon, proposal.compiled, result);
  daemon.reloading = false;
  if (result.fault) co_return result;
  const auto changed = static_cast<std::int64_t>(result.report.changed.size() + result.report.started.size() +
                                                 result.report.removed.size());
  emit(EventKind::reload_applied, {{Label::count, changed}});
  co_return result;
}

// systemd is told that we live only when every loop has turned since it was told the last time: one that hangs ends the
// process after WatchdogSec, and the next one finds all in the store.
Task<void> keep_alive(Daemon& daemon, std::stop_token stop) {
  const auto interval = daemon.service.watchdog_interval();
  if (!interval) co_return;
  Wakeup pause(daemon.loop);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  const auto turned = std::make_shared<std::atomic<std::size_t>>(daemon.loops.size());
  while (!stop.stop_requested()) {
    if (turned->load() >= daemon.loops.size()) {
      daemon.service.alive();
      turned->store(0);
      for (auto* loop : daemon.loops) loop->post([turned] { ++*turned; });
    }
    co_await pause.wait_for(*interval);
  }
}

// SIGHUP reloads; SIGTERM or SIGINT ends the wait.
Task<void> until_told_to_stop(Daemon& daemon) {
  for (;;) {
    while (daemon.signals.empty()) co_await daemon.signalled.wait();
    const int signal = daemon.signals.front();
    daemon.signals.erase(daemon.signals.begin());
    if (signal != SIGHUP) co_return;
    const auto result = co_await reload(daemon);
    if (result.fault) std::fputs(result.diagnostics.c_str(), stderr);
  }
}

// A second signal to stop stops at once.
void on_signal(Daemon& daemon, int signal) {
  if (signal != SIGHUP && daemon.stopping) std::_Exit(1);
  daemon.stopping = daemon.stopping || signal != SIGHUP;
  daemon.signals.push_back(signal);
  daemon.signalled.notify();
}

Task<void> serve(Daemon& daemon, routes::Compiled compiled, admin::Server& control, int& status) {
  status = 1;
  const auto prepared = co_await daemon.host.prepare();
  if (!prepared) {
    std::fprintf(stderr, "myelin run: %s\n", to_string(prepared.error()).c_str());
    daemon.loop.stop();
    co_return;
  }
  co_await record(daemon, compiled);
  const auto applied = co_await daemon.host.apply(compiled.plans);
  const auto running = static_cast<std::int64_t>(applied.started.size());
  std::stop_source stop;
  TaskGroup beside(daemon.loop);
  beside.spawn(control.run(stop.get_token()));
  beside.spawn(keep_alive(daemon, stop.get_token()));
  use(daemon, compiled);
  beside.spawn(daemon.purger.run(stop.get_token()));
  beside.spawn(daemon.alerts.run(stop.get_token()));
  runtime::Stalls stalls(daemon.loop, daemon.host);
  beside.spawn(stalls.run(stop.get_token()));
  daemon.started = true;
  daemon.service.ready(std::to_string(running) + " channels");
  emit(EventKind::engine_ready, {{Label::count, running}});

  co_await until_told_to_stop(daemon);

  emit(EventKind::engine_stopping);
  daemon.service.stopping();
  co_await daemon.host.drain(daemon.config.drain);
  while (daemon.reloading) co_await daemon.signalled.wait_for(kLastReload);  // it works on a thread of the pool
  stop.request_stop();
  co_await beside.join();
  const auto closed = co_await daemon.store.close(daemon.loop);
  status = closed ? 0 : kStoreFailedStatus;
  emit(EventKind::engine_stopped);
  daemon.loop.stop();
}

Result<std::string> store_file(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail(FaultCode::store_unwritable, directory + ": " + error.message());
  std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(FaultCode::store_unwritable, directory + ": " + error.message());
  return directory + "/myelin.db";
}

Result<std::unique_ptr<Store>> open_store(const EngineConfig& config, LoopThreads& loops) {
  auto path = store_file(config.store_path);
  if (!path) return fail(path);
  StoreSettings settings;
  settings.path = std::move(*path);
  settings.reserve_bytes = config.store_reserve > 0 ? config.store_reserve : -1;
  settings.on_failure = [&loops](const Fault& fault) {
    emit(EventKind::store_failed, {{Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
    loops.first().post([&loops] { loops.first().after(kLastAnswers, [] { std::_Exit(kStoreFailedStatus); }); });
  };
  return open_sqlite_store(settings);
}

// Configuration and its mistakes; nothing when there are any.
std::optional<routes::Compiled> read_configuration(const RunOptions& options, routes::Compiler& compiler,
                                                   EngineConfig& config, Console& console) {
  config::Diagnostics mistakes;
  config = load_engine_config(options.directory, mistakes);
  if (!options.store.empty()) config.store_path = options.store;
  if (!options.socket.empty()) config.admin_socket = options.socket;
  auto compiled = compile_directory(compiler);
  if (!compiled) {
    console.report(compiled.error());
    return std::nullopt;
  }
  print_diagnostics(console, mistakes, stderr);
  print_diagnostics(console, compiled->diagnostics, stderr);
  if (mistakes.ok() && compiled->diagnostics.ok()) return std::move(*compiled);
  console.error("the configuration has mistakes; nothing was started");
  return std::nullopt;
}

}  // namespace

int run_daemon(const RunOptions& options, Console& console) {
  EngineConfig config;
  routes::Compiler compiler(options.directory, adapters::catalog());
  auto compiled = read_configuration(options, compiler, config, console);
  if (!compiled) return 1;
  set_log_level(config.log_level);

  LoopThreads loops(loop_count());
  auto store = open_store(config, loops);
  if (!store) return static_cast<int>(console.report(store.error()));

  runtime::Host host(loops.all(), **store);
  runtime::Purger purger(loops.first(), **store);
  runtime::Alerts alerts(loops.first(), **store);
  Daemon daemon{
      options, config, loops.first(), **store,     host,  purger,  alerts, ServiceManager(), Wakeup(loops.first()),
      {},      false,  false,         loops.all(), false, compiler};
  admin::Hooks hooks;
  hooks.purges = [&purger] { return purger.view(); };
  hooks.started = [&daemon] { return daemon.started; };
  hooks.ready = [&daemon] { return daemon.started && !daemon.stopping; };
  hooks.alerts = [&alerts] { return alerts.view(); };
  hooks.reload = [&daemon] { return reload(daemon); };
  admin::Server control(loops.first(), host, **store, std::move(hooks));
  if (auto opened = control.open(config.admin_socket, config.admin_mode); !opened)
    return static_cast<int>(console.report(opened.error()));

  loops.first().on_signal([&daemon](int signal) { on_signal(daemon, signal); });
  int status = 1;
  spawn(serve(daemon, std::move(*compiled), control, status));
  be_prompt();
  loops.first().run();
  return status;
}

}  // namespace myelin
