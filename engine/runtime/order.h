// Order: which deliveries of one route may be sent now, and which wait for which. Pure: no loop, no store, no clock.
//
// The rule: a delivery may go when no earlier unfinished one shares a key with it. One that names several keys (a
// merge) therefore waits for all of them, and all of them for it. The keys stand in LaneKey::key (model/delivery.h): a
// delivery without any (fifo) shares with everything, one with kNoOrder shares with nothing.
//
// Priority chooses among those that may go, never between two that share a key: of 85 that are given out while all
// kinds wait, 64 are critical, 16 high, 4 normal and 1 low, so that nothing starves; of one kind the earliest goes
// first.
//
// How: each key is a queue in the order of ids, and a delivery is open in a queue when it is its front and nobody
// stopped the key; it is ready when it is open in all of its queues. Nothing starves: the earliest unfinished delivery
// is the front of all of its queues.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/id.h"
#include "engine/model/policy.h"

namespace myelin::runtime {

// "a+b" -> a, b. None for a fifo delivery and for kNoOrder.
std::vector<std::string> split_keys(std::string_view keys);
// The later of two deliveries with these keys waits for the earlier.
bool share(std::string_view a, std::string_view b);

class Order {
 public:
  // Ids rise.
  void add(DeliveryId id, std::string_view keys, Priority priority = Priority::normal);
  // The next that may go. It is taken until finish() or rest().
  std::optional<DeliveryId> next();
  bool runnable() const;
  // Stays in its place and blocks it, and is not given out before wake().
  void rest(DeliveryId id);
  void wake(DeliveryId id);
  // Forgotten: what waited for it may go.
  void finish(DeliveryId id);
  // Nothing with this key is given out until start().
  void stop(const std::string& key);
  void start(const std::string& key);
  // Forgets all deliveries; stopped keys stay stopped.
  void clear();

  // The earliest that one with this id and these keys waits for, whether that one is known here or not.
  std::optional<DeliveryId> first_before(DeliveryId id, std::string_view keys) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Queue {
    std::set<DeliveryId> members;
    bool stopped = false;
  };
  using Queues = std::map<std::string, Queue, std::less<>>;
  struct Entry {
    std::vector<Queues::iterator> queues;
    int closed = 0;          // queues in which it is not open
    bool set_aside = false;  // taken or resting
    bool alone = false;      // shares with everything
    Priority priority = Priority::normal;
  };
  using Entries = std::map<DeliveryId, Entry>;

  std::optional<DeliveryId> first_ready(std::size_t priority) const;
  void make_ready(DeliveryId id, const Entry& entry) { ready_[static_cast<std::size_t>(entry.priority)].insert(id); }
  void take_back(DeliveryId id, const Entry& entry) { ready_[static_cast<std::size_t>(entry.priority)].erase(id); }
  void close_front(Queue& queue);
  void open_front(Queue& queue);
  void leave(Queues::iterator queue, DeliveryId id);

  Entries entries_;
  Queues queues_;
  std::array<std::set<DeliveryId>, kPriorities> ready_;  // open in all of their queues, not set aside
  std::array<int, kPriorities> credit_{};                // of each kind: who has the most goes next
  std::set<DeliveryId> alone_;
};

// Doubt: what a process that ended uncleanly may have sent although the store still has it. Fed with what waits, in the
// order of ids. At most kUnsettled of a key, since no more of them were behind; and nothing that lies behind more
// fronts (those that wait for nobody) than the sessions could have had in flight, behind, or just set free.
class Doubt {
 public:
  // `mixed`: with priorities, so that one kind may have gone far ahead of another.
  explicit Doubt(int sessions, bool mixed = false);
  // `waited`: it is held, its key is stopped, it had an attempt, or waited for another route, so others may have gone
  // before it.
  bool may_have_been_sent(std::string_view keys, bool waited, Priority priority = Priority::normal);
  bool over() const { return over_; }

 private:
  const int most_fronts_;
  const bool mixed_;
  int rows_ = 0;
  int fifo_rows_ = 0;
  std::array<int, kPriorities> fronts_{};  // of each priority: of one kind the earliest goes first
  bool over_ = false;
  std::map<std::string, int, std::less<>> rows_of_;  // by key
};

}  // namespace myelin::runtime
