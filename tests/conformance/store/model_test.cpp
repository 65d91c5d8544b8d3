// The same random verbs on both stores give the same answers, over crashes and closes of the one on disk.
#include "tests/property.h"

#include "tests/conformance/store/store_fixture.h"

namespace myelin::testing {
namespace {

constexpr int kMessages = 6;  // few, so that verbs meet the same rows again

std::string told(const Result<void>& result) { return result ? "done" : to_string(result.error()); }

std::string told(const Delivery& row) {
  return to_string(row.id) + " " + std::to_string(row.piece.part) + "/" + std::to_string(row.piece.parts) +
         piece_text(row.piece) + " " + row.lane.channel + "/" + row.lane.route + "/" + row.lane.key + " " +
         std::string(name_of(row.state)) + " due " + std::to_string(row.due.time_since_epoch().count()) + " tried " +
         std::to_string(row.attempts) + (row.possible_duplicate ? " doubtful " : " ") + row.fault + " " + row.detail +
         " " + std::to_string(row.changed_at.time_since_epoch().count()) + "\n";
}

std::string told(const Result<std::vector<Delivery>>& rows) {
  if (!rows) return to_string(rows.error());
  std::string text;
  for (const auto& row : *rows) text += told(row);
  return text;
}

std::string told(const Result<Trace>& trace) {
  if (!trace) return to_string(trace.error());
  std::string text = std::string(trace->message.bytes.view()) + (trace->routed ? " routed\n" : "\n");
  for (const auto& row : trace->deliveries) text += told(row);
  for (const auto& each : trace->attempts)
    text += to_string(each.id) + " " + std::to_string(each.number) + " " + each.fault + " " + each.detail + "\n";
  return text;
}

std::string told(const Result<Counts>& counts) {
  if (!counts) return to_string(counts.error());
  std::string text = std::to_string(counts->messages) + " " + std::to_string(counts->filtered) + " " +
                     std::to_string(counts->refused) + "\n";
  for (const auto& each : counts->lanes)
    text += each.lane.route + each.lane.key + " " + std::string(name_of(each.state)) + " " +
            std::to_string(each.count) + " " + std::to_string(each.oldest.time_since_epoch().count()) + "\n";
  return text;
}

// One random verb, drawn once and played on each store.
struct Verb {
  int kind;
  DeliveryId id;
  State state;
  std::vector<NewDelivery> deliveries;
  int number;
  bool flag;
};

const LaneKey& lane_of(int number) {
  static const std::array<LaneKey, 4> kLanes = {kLane, kOther, kUnrouted, LaneKey{"oru", "lab", "1"}};
  return kLanes[static_cast<std::size_t>(number) % kLanes.size()];
}

Verb draw() {
  Verb verb;
  verb.kind = *rc::gen::inRange(0, 15);
  verb.id = delivery(*rc::gen::inRange(1, kMessages + 1), *rc::gen::inRange(0, 3));
  verb.state = kStates[*rc::gen::inRange<std::size_t>(0, kStates.size())].state;
  verb.number = *rc::gen::inRange(0, 5);
  verb.flag = *rc::gen::arbitrary<bool>();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    const auto begin = *rc::gen::element(State::queued, State::queued, State::parked, State::held);
    verb.deliveries.push_back(on(lane_of(*rc::gen::inRange(0, 4)), begin));
    verb.deliveries.back().piece = {i, 3, i - 1};
  }
  return verb;
}

Settlement settlement_of(const Verb& verb) {
  auto settlement = settled(verb.id, verb.state, verb.number);
  settlement.due = WallTime(seconds(verb.number));
  settlement.possible_duplicate = verb.flag;
  if (verb.number > 2) settlement.fault = "M0402";
  if (verb.number == 4) settlement.rendered = Bytes("rendered " + std::to_string(verb.number));
  return settlement;
}

Doubtful doubtful_of(const Verb& verb) {
  Doubtful row;
  row.id = verb.id;
  if (verb.flag) row.rendered = Bytes("as it went " + std::to_string(verb.number));
  return row;
}

LaneKey route_of(int number) {
  auto route = lane_of(number);
  route.key.clear();
  return route;
}

// With a verb that does not wait 5 ms for company.
std::string settle_at_once(Driver& driver, Settlement settlement) {
  std::string answer;
  driver.store->settle(driver.loop, std::move(settlement), [&](Result<void> result) { answer = told(result); });
  RC_ASSERT(await(driver.loop, driver.store->start_lane(driver.loop, kOther)).has_value());
  return answer;
}

std::string play(Driver& driver, const Verb& verb) {
  auto& loop = driver.loop;
  auto& store = *driver.store;
  QueueFilter filter;
  switch (verb.kind) {
    case 0:
    case 1:
      return told(driver.append(verb.id.message().value, verb.deliveries, "body"));
    case 2:
    case 3:
    case 4:
      return settle_at_once(driver, settlement_of(verb));
    case 5:
    case 6:
      return told(driver.change(verb.id, verb.state));
    case 7:
      return told(await(loop, store.replace(loop, verb.id, verb.id.ordinal() + verb.number, verb.deliveries)));
    case 8:
      return told(await(loop, store.waiting(loop, lane_of(verb.number), verb.id, verb.number)));
    case 9:
      filter.after = verb.flag ? verb.id : DeliveryId{};
      filter.limit = verb.number + 1;
      if (verb.number < 3) filter.state = verb.state;
      if (verb.number % 2 == 1) filter.route = "lab";
      return told(await(loop, store.list(loop, filter)));
    case 10:
      return driver.rendered(verb.id) + told(await(loop, store.counts(loop)));
    case 11:
      return told(await(loop, store.doubt(loop, {doubtful_of(verb)})));
    case 12:
      return told(await(loop, store.end_doubt(loop, route_of(verb.number)))) + driver.doubts();
    case 13:
      return told(await(loop, store.adopt(loop, route_of(verb.number), route_of(verb.number + 1)))) + driver.doubts();
    default:
      return told(await(loop, store.trace(loop, verb.id.message())));
  }
}

RC_GTEST_PROP(StoreModel, sqlite_answers_as_memory_does, ()) {
  TemporaryFolder folder;
  StoreSettings settings;
  settings.path = folder.file("myelin.db");
  settings.reserve_bytes = 0;
  Driver disk;
  Driver memory;
  memory.store = make_memory_store();
  disk.store = std::move(*open_sqlite_store(settings));
  const int verbs = *rc::gen::inRange(1, 60);
  for (int i = 0; i < verbs; ++i) {
    const auto verb = draw();
    RC_LOG() << "verb " << verb.kind << " on " << to_string(verb.id) << " " << name_of(verb.state) << "\n";
    const auto on_disk = play(disk, verb);
    const auto in_memory = play(memory, verb);
    RC_LOG() << "  disk: " << on_disk << "\n  memory: " << in_memory << "\n";
    RC_ASSERT(on_disk == in_memory);
    memory.loop.wall_now += seconds(1);
    disk.loop.wall_now += seconds(1);
    if (*rc::gen::inRange(0, 20) > 0) continue;
    if (verb.flag) RC_ASSERT(disk.close().has_value());
    disk.store.reset();
    disk.store = std::move(*open_sqlite_store(settings));
    RC_ASSERT(disk.store->unclean() == !verb.flag);
    dynamic_cast<MemoryStore&>(*memory.store).set_unclean(!verb.flag);
    RC_ASSERT(disk.doubts() == memory.doubts());
  }
}

}  // namespace
}  // namespace myelin::testing
