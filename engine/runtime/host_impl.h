// The inside of Host, for its own files: host.cpp has its life, the doors between channels and what persons ask,
// host_reload.cpp what a reload starts, swaps and removes, host_waits.cpp why deliveries wait.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/answers.h"
#include "engine/runtime/channel.h"
#include "engine/runtime/cross.h"
#include "engine/runtime/host.h"

namespace myelin::runtime {

struct Host::Impl : AnswerDesk {
  struct Running {
    Loop* loop;
    std::unique_ptr<Channel> channel;
    std::string hash;
    bool leaving = false;  // it drains; nothing more is handed over to it
  };

  Impl(std::vector<Loop*> all_loops, Store& the_store, Seams the_seams);

  Task<Receipt> hand_over(Loop& from, std::string channel, Received received) override;
  void expect(const std::string& id, const std::string& channel) override;
  void forget(const std::string& id, const std::string& channel) override;
  bool any() const override { return owed_any; }
  bool owes(const std::string& id, const std::string& channel) override;
  Task<bool> take(Loop& from, Bytes answer, LaneKey of) override;
  Task<bool> take_for(const std::string& channel, Bytes& answer, LaneKey& of);
  Task<Receipt> take_over(const std::string& channel, Received& received);
  std::shared_ptr<const Plan> joined(const Plan& plan);
  Task<Result<void>> recall(std::vector<std::shared_ptr<const Plan>> plans);
  Task<void> start(std::shared_ptr<const Plan> plan, ReloadReport& report);
  Task<void> swap(Running& running, std::shared_ptr<const Plan> plan, ReloadReport& report);
  Task<void> try_again(Running& running, ReloadReport& report);
  Task<void> remove(std::string name, ReloadReport& report);
  Task<Result<void>> change(DeliveryId id, State to, Person person);
  Task<Result<void>> route_released(std::string channel);
  Task<Result<void>> queue_held(LaneKey lane, std::vector<std::string> keys, Person person);
  Task<Result<void>> start_lanes(LaneKey lane, std::vector<std::string> keys);
  Task<std::vector<LaneKey>> lanes_of(LaneKey lane);
  Task<Result<void>> release(LaneKey lane, Person person);
  Task<bool> on_lane(LaneKey key, std::function<void(Lane&)> act);

  std::vector<Loop*> loops;
  Loop& home;
  Store& store;
  Seams seams;
  IdSource ids;
  std::map<std::string, std::shared_ptr<const Plan>> former;  // by channel
  std::mutex owed_lock;  // before the channels: they forget what they expected when they go
  std::multimap<std::string, std::string, std::less<>> owed;  // channel by the MSH-10 that was sent
  std::atomic<bool> owed_any = false;
  std::map<std::string, std::vector<DuplicateKey>> recent;  // by channel, while some begin
  std::map<std::string, Running> channels;
  std::size_t next_loop = 0;
  bool stopping = false;
};

}  // namespace myelin::runtime
