// Operations: all that the API asks of the engine, as functions, so that a route is tested without a socket, a store
// or a running channel. operations_of() binds them to the real ones.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/admin/history.h"
#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/runtime/alerts.h"
#include "engine/runtime/host.h"
#include "engine/runtime/purger.h"
#include "engine/store/store.h"

namespace myelin::admin {

// What a reload came to. With a fault nothing was changed; the diagnostics say why, as `myelin check` shows them.
struct ReloadResult {
  runtime::ReloadReport report;
  std::string diagnostics;
  std::optional<Fault> fault;
  int configuration = 0;  // its number, of what runs now; 0: it was not kept
};

// What only the composition root can do.
struct Hooks {
  std::function<Task<ReloadResult>(runtime::Person)> reload;
  std::function<Task<ReloadResult>(int number, runtime::Person)> rollback;  // 0: what ran before what runs
  const History* history = nullptr;
  std::function<runtime::PurgeView()> purges;
  std::function<std::vector<runtime::AlertView>()> alerts;
  std::function<bool()> started;        // channels and lanes run
  std::function<Result<void>()> ready;  // messages are taken; else why not
};

struct Operations {
  using OnDelivery = std::function<Task<Result<void>>(DeliveryId, runtime::Person)>;
  using OnLane = std::function<Task<Result<void>>(LaneKey, runtime::Person)>;

  std::function<Task<std::vector<runtime::ChannelView>>()> view;
  std::function<Task<std::vector<std::optional<runtime::Waits>>>(std::vector<Delivery>)> waits;  // Host::waits_for
  std::function<Task<Result<Counts>>()> counts;
  std::function<DiskRoom()> disk_room;
  std::function<Task<Result<std::vector<LaneStop>>>()> stops;
  std::function<Task<Result<std::vector<Kept>>>()> kept;
  std::function<runtime::PurgeView()> purges;
  std::function<std::vector<runtime::AlertView>()> alerts;
  std::function<bool()> started;
  std::function<Result<void>()> ready;
  std::function<Task<Result<SearchPage>>(SearchQuery)> search;
  std::function<Task<Result<Backup>>(std::string)> backup;
  std::function<Task<Result<int>>(MessageId, std::string, runtime::Person)> replay;
  std::function<Task<Result<std::vector<KeptIncident>>>(IncidentFilter)> incidents;
  std::function<Task<Result<KeptIncident>>(MessageId)> incident;
  std::function<Task<Result<Receipt>>(MessageId, runtime::Person)> give_again;
  std::function<Task<Result<std::vector<Delivery>>>(QueueFilter)> list;
  std::function<Task<Result<Trace>>(MessageId)> trace;
  std::function<Task<Result<std::optional<Bytes>>>(DeliveryId)> sent;  // Store::rendered
  OnDelivery retry, hold, release, park, discard;
  OnLane hold_lane, release_lane;
  std::function<Task<ReloadResult>(runtime::Person)> reload;
  std::function<Task<ReloadResult>(int, runtime::Person)> rollback;
  const History* history = nullptr;
  std::function<std::string(const std::string& peer)> person;  // "uid:1000" -> "uid:1000 anna"
};

// All of them run on `loop`, the host's first; host and store outlive them.
Operations operations_of(Loop& loop, runtime::Host& host, Store& store, Hooks hooks);

}  // namespace myelin::admin
