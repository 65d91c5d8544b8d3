// Host: all running channels of this process. It starts, swaps and drains them, and it is the one door through which
// the operator's verbs reach lanes. Called on the first loop; each channel lives whole on one of the loops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/model/delivery.h"
#include "engine/model/plan.h"
#include "engine/runtime/peers.h"
#include "engine/runtime/waits.h"
#include "engine/store/store.h"

namespace myelin::runtime {

class Channel;

struct LaneView {
  LaneKey lane;
  std::string destination;
  bool no_route = false;  // what waits here has no route any more: a reload removed it, or its channel
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
  std::vector<std::string> queues;  // of all lanes that it has, or makes when something comes for them
  std::vector<std::string> index;   // what its messages are found by
  std::vector<LaneView> lanes;
  std::vector<PeerView> peers;  // who speaks to its source, the one with most messages first
};

// Who asks, for the record: "uid:1000 anna".
struct Person {
  std::string name;
  std::string reason;
};

// A channel that does not run whole (Channel::start, swap): it is tried again every Channel::kReopen. Without a name:
// the store did not say what the channels must know, and none was begun.
struct ChannelFault {
  std::string channel;
  Fault fault;
};

struct ReloadReport {
  std::vector<std::string> started, changed, removed, unchanged;
  std::vector<ChannelFault>
      faults;  // channels that do not run whole (Channel::start, swap), changed or not; the others run
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

  // Says what is in doubt after an unclean end. Once, before the first apply(). `former`: the plans that ran then,
  // where they are others than those that are applied now; what may have been sent is repeated as they render it.
  Task<Result<void>> prepare(std::vector<std::shared_ptr<const Plan>> former = {});

  // Starts new channels, swaps changed ones, stops removed ones (their queues stay, visible); the others are untouched.
  Task<ReloadReport> apply(std::vector<std::shared_ptr<const Plan>> plans);

  // Sources stop, frames and answers in flight finish (at most `limit`), lanes stop, what rides is written.
  Task<void> drain(Duration limit);

  Task<std::vector<ChannelView>> view();

  // Why each of these does not go now, in their order; nothing of what is finished, or waits for a person alone.
  Task<std::vector<std::optional<Waits>>> waits_for(std::vector<Delivery> rows);

  // For rehearsals: hands a message to a channel's intake as its source would.
  Task<Receipt> accept(const std::string& channel, Received received);

  // The operator's verbs. not_found, wrong_state.
  Task<Result<void>> retry(DeliveryId id, Person person);    // parked or held -> queued; queued: now, not later
  Task<Result<void>> hold(DeliveryId id, Person person);     // queued -> held
  Task<Result<void>> release(DeliveryId id, Person person);  // held -> queued
  Task<Result<void>> park(DeliveryId id, Person person);     // queued, held -> parked; the lane goes on
  Task<Result<void>> discard(DeliveryId id, Person person);  // queued, held, parked -> discarded
  // Sends a stored message again, to this route or to all that want it, as though it had come now: what was delivered,
  // what no route wanted, what was taken for a duplicate. How many deliveries. wrong_state where nobody wants it.
  Task<Result<int>> replay(MessageId id, std::string route, Person person);
  // Gives refused bytes to their channel again, as though they had come now: what its source would be told. not_found;
  // wrong_state where they are no whole message, or are one of the channel already.
  Task<Result<Receipt>> give_again(MessageId incident, Person person);
  // A route whose recipients a formula names is all of their lanes.
  Task<Result<void>> hold_lane(LaneKey lane, Person person);
  Task<Result<void>> release_lane(LaneKey lane, Person person);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myelin::runtime
