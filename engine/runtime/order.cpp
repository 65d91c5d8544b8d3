#include "engine/runtime/order.h"

#include <algorithm>

#include "engine/model/delivery.h"
#include "engine/model/policy.h"

namespace myelin::runtime {

std::vector<std::string> split_keys(std::string_view keys) {
  std::vector<std::string> all;
  if (keys == kNoOrder) return all;
  while (!keys.empty()) {
    const auto end = std::min(keys.find('+'), keys.size());
    if (end > 0) all.emplace_back(keys.substr(0, end));
    keys.remove_prefix(std::min(end + 1, keys.size()));
  }
  return all;
}

bool share(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return true;
  const auto keys = split_keys(a);
  return std::ranges::any_of(split_keys(b),
                             [&](const auto& key) { return std::ranges::find(keys, key) != keys.end(); });
}

void Order::add(DeliveryId id, std::string_view keys) {
  auto& entry = entries_[id];
  for (auto& key : split_keys(keys)) {
    const auto at = queues_.try_emplace(std::move(key)).first;
    auto& queue = at->second;
    if (!queue.members.insert(id).second) continue;  // named twice
    entry.queues.push_back(at);
    if (queue.stopped || *queue.members.begin() != id) ++entry.closed;
  }
  entry.alone = keys.empty();
  if (entry.alone) alone_.insert(id);
  if (entry.closed == 0) ready_.insert(id);
}

// The earliest ready one decides: if it must wait for one that shares with everything, so must all after it.
bool Order::runnable() const {
  if (ready_.empty()) return false;
  const auto first = *ready_.begin();
  if (alone_.empty() || first < *alone_.begin()) return true;
  return first == entries_.begin()->first;
}

std::optional<DeliveryId> Order::next() {
  if (!runnable()) return std::nullopt;
  const auto id = *ready_.begin();
  ready_.erase(ready_.begin());
  entries_.at(id).set_aside = true;
  return id;
}

void Order::rest(DeliveryId id) {
  entries_.at(id).set_aside = true;
  ready_.erase(id);
}

void Order::wake(DeliveryId id) {
  auto& entry = entries_.at(id);
  entry.set_aside = false;
  if (entry.closed == 0) ready_.insert(id);
}

void Order::finish(DeliveryId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  for (const auto queue : found->second.queues) leave(queue, id);
  if (found->second.alone) alone_.erase(id);
  ready_.erase(id);
  entries_.erase(found);
}

void Order::leave(Queues::iterator at, DeliveryId id) {
  auto& queue = at->second;
  const bool front = *queue.members.begin() == id;
  queue.members.erase(id);
  if (front && !queue.stopped) open_front(queue);
  if (queue.members.empty() && !queue.stopped) queues_.erase(at);
}

void Order::open_front(Queue& queue) {
  if (queue.members.empty()) return;
  const auto id = *queue.members.begin();
  auto& entry = entries_.at(id);
  if (--entry.closed == 0 && !entry.set_aside) ready_.insert(id);
}

void Order::close_front(Queue& queue) {
  if (queue.members.empty()) return;
  const auto id = *queue.members.begin();
  ++entries_.at(id).closed;
  ready_.erase(id);
}

void Order::stop(const std::string& key) {
  auto& queue = queues_[key];
  if (queue.stopped) return;
  close_front(queue);
  queue.stopped = true;
}

void Order::start(const std::string& key) {
  const auto at = queues_.find(key);
  if (at == queues_.end() || !at->second.stopped) return;
  at->second.stopped = false;
  open_front(at->second);
  if (at->second.members.empty()) queues_.erase(at);
}

void Order::clear() {
  entries_.clear();
  ready_.clear();
  alone_.clear();
  for (auto& [key, queue] : queues_) queue.members.clear();
  std::erase_if(queues_, [](const auto& each) { return !each.second.stopped; });
}

// One that ends sets no more free than it has keys. Never fewer sessions than a route has unless it says: `parallel`
// may have been another before.
Doubt::Doubt(int sessions) : most_fronts_(kUnsettled + std::max(sessions, kParallel) * (1 + kMostKeys)) {}

bool Doubt::may_have_been_sent(std::string_view keys, bool waited) {
  if (over_) return false;
  int before = keys.empty() ? rows_ : fifo_rows_;
  int most = 0;
  const auto named = split_keys(keys);
  for (const auto& key : std::set<std::string>(named.begin(), named.end())) most = std::max(most, rows_of_[key]++);
  before += most;
  ++rows_;
  if (keys.empty()) ++fifo_rows_;
  if (before == 0 && !waited) ++fronts_;
  over_ = fifo_rows_ > kUnsettled || fronts_ > most_fronts_ || rows_ > kKeyedWindow;
  return before < kUnsettled && !over_;
}

}  // namespace myelin::runtime
