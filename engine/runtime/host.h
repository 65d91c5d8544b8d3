// Host: all running channels of this process. It starts, swaps and drains them, and it is the one door through which
// the operator's verbs reach lanes. Called on the first loop; each channel lives whole on one of the loops.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/model/delivery.h"
#include "engine/model/plan.h"
#include "engine/runtime/peers.h"
#include "engine/store/store.h"

namespace myelin::runtime {

class Channel;

struct LaneView {
  LaneKey lane;
  std::string destination;
  bool in_flight = false;
  bool behind = false;  // more waits in the store than the window holds
  int in_memory = 0;
  std::optional<LaneStop> stopped;  // held: nothing goes until it is released
  std::optional<DeliveryId> head;
  int head_attempts = 0;
  std::optional<WallTime> next_attempt;
  bool peer_down = false;               // it does not answer: one attempt at a time, far apart
  std::optional<WallTime> probe_at;     // the next of them; none while it runs
  std::optional<WallTime> paced_until;  // nothing goes before, because of `rate` …
  std::optional<WallTime> opens_at;     // … or because the peer is closed (`open`)
  int collected = 0;                    // messages of the batch that is being collected or sent
  std::optional<WallTime> goes_at;      // when that batch goes at the latest
  std::string last_fault;               // of the head: "M0401"
  std::string last_detail;
  HabitCounts habits;  // of the peer, in its answers
};

struct ChannelView {
  std::string name, about, hash, place;
  std::string state;    // running | paused | removed | failed
  std::string address;  // where its source listens
  std::string fault;    // why it failed
  std::int64_t received = 0, committed = 0, filtered = 0, refused = 0, duplicates = 0, delivered = 0;
  std::vector<std::string> routes;  // as the configuration names them
  std::vector<std::string> index;   // what its messages are found by
  std::vector<LaneView> lanes;
  std::vector<PeerView> peers;  // who speaks to its source, the one with most messages first
};

// Who asks, for the record: "uid:1000 anna".
struct Person {
  std::string name;
  std::string reason;
};

struct ReloadReport {
  std::vector<std::string> started, changed, removed, unchanged;
  std::vector<Fault> faults;  // channels whose source could not be opened; the others run
};

inline constexpr std::string_view kByEngine = "engine";  // LaneStop::by, when no person stopped it

// What a rehearsal replaces. The daemon leaves both unset.
struct Seams {
  StepObserver* observer = nullptr;  // listens to every decision and step
  std::function<double()> draw;      // jitter of retries in [0, 1]; random unless set; 1 is the longest pause
};

class Host {
 public:
  // `loops` has at least one; the store outlives the host.
  Host(std::vector<Loop*> loops, Store& store, Seams seams = {});
  ~Host();

  // Reads what is unfinished, marks what may have been sent before an unclean end. Once, before the first apply().
  Task<Result<void>> prepare();

  // Starts new channels, swaps changed ones, stops removed ones (their queues stay, visible); the others are untouched.
  Task<ReloadReport> apply(std::vector<std::shared_ptr<const Plan>> plans);

  // Sources stop, frames and answers in flight finish (at most `limit`), lanes stop, what rides is written.
  Task<void> drain(Duration limit);

  Task<std::vector<ChannelView>> view();

  // For rehearsals: hands a message to a channel's intake as its source would.
  Task<Receipt> accept(const std::string& channel, Received received);

  // The operator's verbs. not_found, wrong_state.
  Task<Result<void>> retry(DeliveryId id, Person person);    // parked or held -> queued; queued: now, not later
  Task<Result<void>> hold(DeliveryId id, Person person);     // queued -> held
  Task<Result<void>> release(DeliveryId id, Person person);  // held -> queued
  Task<Result<void>> discard(DeliveryId id, Person person);  // queued, held, parked -> discarded
  // Sends a stored message again, to this route or to all that want it, as though it had come now: what was delivered,
  // what no route wanted, what was taken for a duplicate. How many deliveries. wrong_state where nobody wants it.
  Task<Result<int>> replay(MessageId id, std::string route, Person person);
  // A route whose recipients a formula names is all of their lanes.
  Task<Result<void>> hold_lane(LaneKey lane, Person person);
  Task<Result<void>> release_lane(LaneKey lane, Person person);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myelin::runtime
