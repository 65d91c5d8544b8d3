// The memory store, whose reads fail as often, and with what, as a test says.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/store/memory/memory_store.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {

class MoodyStore final : public MemoryStore {
 public:
  // What the next reads answer, by the name of the verb; when it is empty they are as ever.
  std::map<std::string, std::deque<FaultCode>> next;
  std::map<DeliveryId, FaultCode> damaged;  // whose stored bytes answer this, always

  void fail_next(const std::string& verb, FaultCode code, int times = 1) {
    for (int i = 0; i < times; ++i) next[verb].push_back(code);
  }

  Task<Result<std::optional<Bytes>>> rendered(Loop& loop, DeliveryId id) override {
    if (const auto found = damaged.find(id); found != damaged.end()) return no<std::optional<Bytes>>(found->second);
    if (const auto code = take("rendered")) return no<std::optional<Bytes>>(*code);
    return MemoryStore::rendered(loop, id);
  }
  Task<Result<std::vector<Delivery>>> waiting(Loop& loop, LaneKey lane, DeliveryId after, int limit) override {
    if (const auto code = take("waiting")) return no<std::vector<Delivery>>(*code);
    return MemoryStore::waiting(loop, std::move(lane), after, limit);
  }
  Task<Result<std::vector<Delivery>>> list(Loop& loop, QueueFilter filter) override {
    if (const auto code = take("list")) return no<std::vector<Delivery>>(*code);
    return MemoryStore::list(loop, std::move(filter));
  }
  Task<Result<Trace>> trace(Loop& loop, MessageId id) override {
    if (const auto code = take("trace")) return no<Trace>(*code);
    return MemoryStore::trace(loop, id);
  }
  Task<Result<std::vector<LaneStop>>> stopped_lanes(Loop& loop) override {
    if (const auto code = take("stopped_lanes")) return no<std::vector<LaneStop>>(*code);
    return MemoryStore::stopped_lanes(loop);
  }
  Task<Result<std::vector<LaneCount>>> unfinished(Loop& loop) override {
    if (const auto code = take("unfinished")) return no<std::vector<LaneCount>>(*code);
    return MemoryStore::unfinished(loop);
  }
  Task<Result<std::vector<DuplicateKey>>> received_since(Loop& loop,
                                                         std::map<std::string, DuplicateSpan> channels) override {
    if (const auto code = take("received_since")) return no<std::vector<DuplicateKey>>(*code);
    return MemoryStore::received_since(loop, std::move(channels));
  }

 private:
  std::optional<FaultCode> take(const std::string& verb) {
    auto& codes = next[verb];
    if (codes.empty()) return std::nullopt;
    const auto code = codes.front();
    codes.pop_front();
    return code;
  }
  template <class T>
  static Task<Result<T>> no(FaultCode code) {
    co_return fail(code, "scripted");
  }
};

// The world's store from now on; empty.
inline MoodyStore& make_moody(World& world) {
  world.host.reset();
  auto store = std::make_unique<MoodyStore>();
  auto& moody = *store;
  world.store = std::move(store);
  world.restart();
  return moody;
}

}  // namespace myelin::runtime
