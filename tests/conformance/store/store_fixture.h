// What tests of a store share: a directory of their own, a loop, and short ways to say "a message" and "settle it".
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "engine/store/memory/memory_store.h"
#include "engine/store/sqlite/sqlite_store.h"
#include "tests/conformance/store/blocking_loop.h"

namespace myelin::testing {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = parent() / "myelin-store-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  // In memory where there is such a place: what is tested here is what is written, not how fast a disk is.
  static std::filesystem::path parent() {
    const std::filesystem::path memory = "/dev/shm";
    return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
  }

  std::filesystem::path path_;
};

inline const LaneKey kLane{"adt", "lab", ""};
inline const LaneKey kOther{"adt", "pacs", "4711"};
inline const LaneKey kUnrouted{"adt", "", ""};

inline NewMessage message_of(std::int64_t id, std::vector<NewDelivery> deliveries, std::string bytes = "MSH|^~\\&|") {
  NewMessage fresh;
  fresh.message.id = MessageId{id};
  fresh.message.channel = "adt";
  fresh.message.received_at = WallTime(microseconds(1'700'000'000'000'000 + id));
  fresh.message.peer = "10.0.0.1:4000";
  fresh.message.control_id = "C" + std::to_string(id);
  fresh.message.type = "ADT^A01";
  fresh.message.bytes = Bytes(std::move(bytes));
  fresh.deliveries = std::move(deliveries);
  return fresh;
}

inline NewDelivery on(LaneKey lane, State state = State::queued) {
  NewDelivery fresh;
  fresh.lane = std::move(lane);
  fresh.state = state;
  return fresh;
}

inline Settlement settled(DeliveryId id, State to, int attempts = 1) {
  Settlement settlement;
  settlement.id = id;
  settlement.to = to;
  settlement.attempts = attempts;
  return settlement;
}

// Drives one store from one loop.
class Driver {
 public:
  BlockingLoop loop;
  std::unique_ptr<Store> store;

  Result<void> append(NewMessage message) { return await(loop, store->append(loop, std::move(message))); }
  Result<void> append(std::int64_t id, std::vector<NewDelivery> deliveries, std::string bytes = "MSH|^~\\&|") {
    return append(message_of(id, std::move(deliveries), std::move(bytes)));
  }
  Result<void> settle(Settlement settlement) {
    std::optional<Result<void>> answer;
    store->settle(loop, std::move(settlement), [&](Result<void> result) { answer = std::move(result); });
    loop.run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
  Result<void> change(DeliveryId id, State to) {
    return await(loop, store->change(loop, id, to, "asked by the ward", "anna"));
  }
  Result<void> close() { return await(loop, store->close(loop)); }

  Trace trace(std::int64_t id) {
    auto found = await(loop, store->trace(loop, MessageId{id}));
    EXPECT_TRUE(found) << (found ? "" : to_string(found.error()));
    return found ? std::move(*found) : Trace{};
  }
  std::optional<State> state(DeliveryId id) {
    for (const auto& each : trace(id.message().value).deliveries)
      if (each.id == id) return each.state;
    return std::nullopt;
  }
  std::vector<DeliveryId> ids(const QueueFilter& filter) {
    std::vector<DeliveryId> found;
    auto rows = await(loop, store->list(loop, filter));
    EXPECT_TRUE(rows);
    if (rows)
      for (const auto& row : *rows) found.push_back(row.id);
    return found;
  }
  std::vector<DeliveryId> waiting(const LaneKey& lane, DeliveryId after = {}, int limit = 100) {
    std::vector<DeliveryId> found;
    auto rows = await(loop, store->waiting(loop, lane, after, limit));
    EXPECT_TRUE(rows);
    if (rows)
      for (const auto& row : *rows) found.push_back(row.id);
    return found;
  }
  Result<std::vector<DuplicateKey>> recent(WallTime since = {}) {
    const DuplicateSpan span{since, [](const Bytes& bytes) { return Fingerprint{sha256(bytes.view()), bytes.size()}; }};
    return await(loop, store->received_since(loop, {{"adt", span}, {"oru", span}}));
  }
  // "adt/lab up to 2048".
  std::string doubts() {
    std::string text;
    const auto all = await(loop, store->doubts(loop));
    EXPECT_TRUE(all);
    if (all)
      for (const auto& each : *all)
        text += each.lane.channel + "/" + each.lane.route + " up to " + to_string(each.up_to) + "\n";
    return text;
  }
  std::string rendered(DeliveryId id) {
    auto bytes = await(loop, store->rendered(loop, id));
    return bytes && *bytes ? std::string((*bytes)->view()) : std::string("none");
  }
};

inline DeliveryId delivery(std::int64_t message, int ordinal = 0) {
  return DeliveryId::of(MessageId{message}, ordinal);
}

template <class T>
FaultCode code(const Result<T>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? FaultCode{} : result.error().code;
}

}  // namespace myelin::testing
