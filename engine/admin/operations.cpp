#include "engine/admin/operations.h"

#include <utility>

#include "engine/admin/person.h"

namespace myelin::admin {

Operations operations_of(Loop& loop, runtime::Host& host, Store& store, Hooks hooks) {
  using runtime::Person;
  Operations all;
  all.view = [&host] { return host.view(); };
  all.waits = [&host](std::vector<Delivery> rows) { return host.waits_for(std::move(rows)); };
  all.counts = [&loop, &store] { return store.counts(loop); };
  all.stops = [&loop, &store] { return store.stopped_lanes(loop); };
  all.disk_room = [&store] { return store.disk_room(); };
  all.kept = [&loop, &store] { return store.kept(loop); };
  all.search = [&loop, &store](SearchQuery query) { return store.search(loop, std::move(query)); };
  all.backup = [&loop, &store](std::string directory) { return store.backup(loop, std::move(directory)); };
  all.replay = [&host](MessageId id, std::string route, Person person) {
    return host.replay(id, std::move(route), std::move(person));
  };
  all.incidents = [&loop, &store](IncidentFilter filter) { return store.incidents(loop, std::move(filter)); };
  all.incident = [&loop, &store](MessageId id) { return store.incident(loop, id); };
  all.give_again = [&host](MessageId id, Person person) { return host.give_again(id, std::move(person)); };
  all.list = [&loop, &store](QueueFilter filter) { return store.list(loop, std::move(filter)); };
  all.trace = [&loop, &store](MessageId id) { return store.trace(loop, id); };
  all.sent = [&loop, &store](DeliveryId id) { return store.rendered(loop, id); };
  all.retry = [&host](DeliveryId id, Person person) { return host.retry(id, std::move(person)); };
  all.hold = [&host](DeliveryId id, Person person) { return host.hold(id, std::move(person)); };
  all.release = [&host](DeliveryId id, Person person) { return host.release(id, std::move(person)); };
  all.park = [&host](DeliveryId id, Person person) { return host.park(id, std::move(person)); };
  all.discard = [&host](DeliveryId id, Person person) { return host.discard(id, std::move(person)); };
  all.hold_lane = [&host](LaneKey lane, Person person) { return host.hold_lane(std::move(lane), std::move(person)); };
  all.release_lane = [&host](LaneKey lane, Person person) {
    return host.release_lane(std::move(lane), std::move(person));
  };
  all.reload = std::move(hooks.reload);
  all.rollback = std::move(hooks.rollback);
  all.history = hooks.history;
  all.purges = std::move(hooks.purges);
  all.alerts = std::move(hooks.alerts);
  all.started = std::move(hooks.started);
  all.ready = std::move(hooks.ready);
  all.person = person_of;
  return all;
}

}  // namespace myelin::admin
