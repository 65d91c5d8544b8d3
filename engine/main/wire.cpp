// A start reads from top to bottom of run_daemon(): configuration, loops, store, channels, control socket, ready.
// A stop is the same list upwards. serve() is what happens in between, on the first loop.
#include "engine/main/wire.h"
#include "engine/base/counted.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/catalog.h"
#include "engine/admin/server.h"
#include "engine/base/event.h"
#include "engine/base/prompt.h"
#include "engine/main/daemon.h"
#include "engine/main/engine_config.h"
#include "engine/main/workbench/diagnostics_report.h"
#include "engine/runtime/stalls.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "routes/compile/files.h"

namespace myelin {
namespace {

constexpr int kStoreFailedStatus = 74;                // EX_IOERR of sysexits(3)
constexpr Duration kLastReload = milliseconds(20);    // so often is looked whether it ended
constexpr Duration kWriterTurns = seconds(60);        // longer than any turn of a writer that does not hang
constexpr Duration kLastAnswers = milliseconds(300);  // so long the senders may still be told that it failed

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

// systemd is told that we live only when every loop has turned since it was told the last time, and while the store's
// writer turns: one that hangs ends the process after WatchdogSec, and the next one finds all in the store.
Task<void> keep_alive(Daemon& daemon, std::stop_token stop) {
  const auto interval = daemon.service.watchdog_interval();
  if (!interval) co_return;
  Wakeup pause(daemon.loop);
  const std::stop_callback ended(stop, [&pause] { pause.notify(); });
  PulseWatch writer(daemon.pulse, kWriterTurns);
  const auto turned = std::make_shared<std::atomic<std::size_t>>(daemon.loops.size());
  while (!stop.stop_requested()) {
    if (turned->load() >= daemon.loops.size() && writer.beats(daemon.loop.mono())) {
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
    runtime::Person person;
    person.name = "SIGHUP";
    const auto result = co_await reload(daemon, std::move(person));
    if (result.fault) std::fputs(result.diagnostics.c_str(), stderr);
  }
}

// Or why not.
Result<void> takes_messages(const Daemon& daemon) {
  if (daemon.stopping) return fail(FaultCode::stopping, {});
  if (!daemon.started) return fail(FaultCode::stopping, "the engine is starting");
  if (const auto refuses = daemon.pulse.refuses()) return fail(*refuses, {});
  return {};
}

// A second signal to stop stops at once.
void on_signal(Daemon& daemon, int signal) {
  if (signal != SIGHUP && daemon.stopping) std::_Exit(1);
  daemon.stopping = daemon.stopping || signal != SIGHUP;
  daemon.signals.push_back(signal);
  daemon.signalled.notify();
}

// After an unclean end the plans that ran then, where the files say something else now: what may have been sent is
// repeated as they rendered it. Without them it is marked, rendered by the plans of now, and the log says so.
std::vector<std::shared_ptr<const Plan>> plans_of_then(const Daemon& daemon, const routes::Compiled& compiled) {
  const auto then = daemon.history.running();
  if (!daemon.store.unclean() || !then || then->hash == admin::hash_of(routes::texts_of(*compiled.read))) return {};
  auto past = compile_past(daemon.history, then->number, daemon.options.directory);
  if (past && past->diagnostics.ok()) return std::move(past->plans);
  const auto why = past ? "this version finds mistakes in it" : to_string(past.error());
  emit(EventKind::history_failed,
       {{Label::reason, "configuration " + std::to_string(then->number) +
                            " ran before the unclean end and cannot be "
                            "used: what may have been sent then is repeated as today's configuration renders it; " +
                            why}});
  return {};
}

Task<void> serve(Daemon& daemon, routes::Compiled compiled, admin::Server& control, int& status) {
  status = 1;
  auto former = plans_of_then(daemon, compiled);
  const auto prepared = co_await daemon.host.prepare(std::move(former));
  if (!prepared) {
    std::fprintf(stderr, "myelin run: %s\n", to_string(prepared.error()).c_str());
    daemon.loop.stop();
    co_return;
  }
  const auto applied = co_await start_channels(daemon, compiled);
  if (applied.started.empty() && !applied.faults.empty()) {  // whoever starts us again has us try again
    std::fprintf(stderr, "myelin run: %s\n", to_string(applied.faults.front().fault).c_str());
    daemon.loop.stop();
    co_return;
  }
  const auto running = std::ranges::count_if(applied.started, [&](const std::string& name) {
    return std::ranges::find(applied.faults, name, &runtime::ChannelFault::channel) == applied.faults.end();
  });
  std::stop_source stop;
  TaskGroup beside(daemon.loop);
  beside.spawn(control.run(stop.get_token()));
  beside.spawn(keep_alive(daemon, stop.get_token()));
  beside.spawn(daemon.purger.run(stop.get_token()));
  beside.spawn(daemon.alerts.run(stop.get_token()));
  runtime::Stalls stalls(daemon.loop, daemon.host);
  beside.spawn(stalls.run(stop.get_token()));
  daemon.started = true;
  daemon.service.ready(counted(running, "channel"));
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

Result<std::unique_ptr<Store>> open_store(const EngineConfig& config, LoopThreads& loops,
                                          std::shared_ptr<StorePulse> pulse) {
  auto path = store_file(config.store_path);
  if (!path) return fail(path);
  StoreSettings settings;
  settings.path = std::move(*path);
  settings.reserve_bytes = config.store_reserve > 0 ? config.store_reserve : -1;
  settings.pulse = std::move(pulse);
  settings.on_failure = [&loops](const Fault& fault) {
    emit(EventKind::store_failed, {{Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
    loops.first().post([&loops] { loops.first().after(kLastAnswers, [] { std::_Exit(kStoreFailedStatus); }); });
  };
  return open_sqlite_store(settings);
}

// What the directory says; or, where somebody rolled back, what was live then.
Result<routes::Compiled> compile_current(routes::Compiler& compiler, const admin::History& history,
                                         const Console& console) {
  const auto running = history.running();
  if (!running || !running->rolled_back()) return compile_directory(compiler);
  console.error("runs configuration " + std::to_string(running->of) + " again, to which " + running->by +
                " rolled back, and not the files of " + compiler.directory() + "; `myelin reload` runs the files");
  return compile_past(history, running->number, compiler.directory());
}

// Nothing where the configuration has mistakes, which are shown.
std::optional<routes::Compiled> read_configuration(routes::Compiler& compiler, const admin::History& history,
                                                   const config::Diagnostics& mistakes, const Console& console) {
  auto compiled = compile_current(compiler, history, console);
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

EngineConfig engine_config(const RunOptions& options, config::Diagnostics& mistakes) {
  auto config = load_engine_config(options.directory, mistakes);
  if (!options.store.empty()) config.store_path = options.store;
  if (!options.socket.empty()) config.admin_socket = options.socket;
  return config;
}

}  // namespace

int run_daemon(const RunOptions& options, Console& console) {
  config::Diagnostics mistakes;
  const auto config = engine_config(options, mistakes);
  const auto history = admin::History::open(config.store_path + "/configurations");
  routes::Compiler compiler(options.directory, adapters::catalog());
  auto compiled = read_configuration(compiler, *history, mistakes, console);
  if (!compiled) return 1;
  set_log_level(config.log_level);

  LoopThreads loops(loop_count());
  const auto pulse = std::make_shared<StorePulse>();
  auto store = open_store(config, loops, pulse);
  if (!store) return static_cast<int>(console.report(store.error()));

  runtime::Host host(loops.all(), **store);
  runtime::Purger purger(loops.first(), **store);
  runtime::Alerts alerts(loops.first(), **store);
  Daemon daemon{.options = options,
                .config = config,
                .loop = loops.first(),
                .store = **store,
                .pulse = *pulse,
                .host = host,
                .purger = purger,
                .alerts = alerts,
                .compiler = compiler,
                .history = *history,
                .signalled = Wakeup(loops.first()),
                .loops = loops.all()};
  admin::Hooks hooks;
  hooks.purges = [&purger] { return purger.view(); };
  hooks.started = [&daemon] { return daemon.started; };
  hooks.ready = [&daemon] { return takes_messages(daemon); };
  hooks.alerts = [&alerts] { return alerts.view(); };
  hooks.reload = [&daemon](runtime::Person person) { return reload(daemon, std::move(person)); };
  hooks.rollback = [&daemon](int number, runtime::Person person) {
    return rollback(daemon, number, std::move(person));
  };
  hooks.history = history.get();
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
