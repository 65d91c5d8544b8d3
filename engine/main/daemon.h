// What the running daemon is made of, and the ways in which its configuration changes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/admin/history.h"
#include "engine/admin/operations.h"
#include "engine/main/engine_config.h"
#include "engine/main/service.h"
#include "engine/main/wire.h"
#include "engine/net/asio_loop.h"
#include "engine/runtime/alerts.h"
#include "engine/runtime/host.h"
#include "engine/runtime/purger.h"
#include "engine/store/pulse.h"
#include "routes/compile/compile.h"

namespace myelin {

struct Daemon {
  using ByChannel = std::map<std::string, std::string, std::less<>>;

  const RunOptions& options;
  const EngineConfig& config;
  net::AsioLoop& loop;
  Store& store;
  const StorePulse& pulse;
  runtime::Host& host;
  runtime::Purger& purger;
  runtime::Alerts& alerts;
  routes::Compiler& compiler;
  admin::History& history;
  ServiceManager service = {};
  Wakeup signalled;
  std::vector<Loop*> loops = {};
  std::vector<int> signals = {};
  bool reloading = false;
  bool stopping = false;
  bool started = false;     // channels and lanes run
  ByChannel recorded = {};  // hash of the plan
  ByChannel texts = {};     // of the files of the plans that run
};

// The first start of what the directory says, or of what was rolled back to.
Task<runtime::ReloadReport> start_channels(Daemon& daemon, const routes::Compiled& compiled);

// All or nothing: a mistake anywhere, or a test that fails, leaves what runs as it is.
Task<admin::ReloadResult> reload(Daemon& daemon, runtime::Person person);

// An earlier configuration runs, and not the files, until a reload. 0: what ran before what runs.
Task<admin::ReloadResult> rollback(Daemon& daemon, int number, runtime::Person person);

// The configuration of that number, where its files were. Its tests are passed over: it was live once.
Result<routes::Compiled> compile_past(const admin::History& history, int number, const std::string& directory);

}  // namespace myelin
