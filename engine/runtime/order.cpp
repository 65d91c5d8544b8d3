#include "engine/runtime/order.h"

#include <algorithm>

#include "engine/model/delivery.h"
#include "engine/model/policy.h"

namespace myelin::runtime {
namespace {

constexpr std::array<int, kPriorities> kShares = {64, 16, 4, 1};

}  // namespace

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

void Order::add(DeliveryId id, std::string_view keys, Priority priority) {
  auto& entry = entries_[id];
  entry.priority = priority;
  for (auto& key : split_keys(keys)) {
    const auto at = queues_.try_emplace(std::move(key)).first;
    auto& queue = at->second;
    if (!queue.members.insert(id).second) continue;  // named twice
    entry.queues.push_back(at);
    if (queue.stopped || *queue.members.begin() != id) ++entry.closed;
  }
  entry.alone = keys.empty();
  if (entry.alone) alone_.insert(id);
  if (entry.closed == 0) make_ready(id, entry);
}

// The earliest of its kind decides: if it must wait for one that shares with everything, so must all after it.
std::optional<DeliveryId> Order::first_ready(std::size_t priority) const {
  const auto& ready = ready_[priority];
  if (ready.empty()) return std::nullopt;
  const auto first = *ready.begin();
  if (alone_.empty() || first < *alone_.begin() || first == entries_.begin()->first) return first;
  return std::nullopt;
}

bool Order::runnable() const {
  for (std::size_t kind = 0; kind < kPriorities; ++kind)
    if (first_ready(kind)) return true;
  return false;
}

std::optional<DeliveryId> Order::next() {
  int shares = 0;
  std::optional<std::size_t> chosen;
  for (std::size_t kind = 0; kind < kPriorities; ++kind) {
    if (!first_ready(kind)) continue;
    credit_[kind] += kShares[kind];
    shares += kShares[kind];
    if (!chosen || credit_[kind] > credit_[*chosen]) chosen = kind;
  }
  if (!chosen) return std::nullopt;
  credit_[*chosen] -= shares;
  const auto id = *first_ready(*chosen);
  auto& entry = entries_.at(id);
  take_back(id, entry);
  entry.set_aside = true;
  return id;
}

void Order::rest(DeliveryId id) {
  auto& entry = entries_.at(id);
  entry.set_aside = true;
  take_back(id, entry);
}

void Order::wake(DeliveryId id) {
  auto& entry = entries_.at(id);
  entry.set_aside = false;
  if (entry.closed == 0) make_ready(id, entry);
}

void Order::finish(DeliveryId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  for (const auto queue : found->second.queues) leave(queue, id);
  if (found->second.alone) alone_.erase(id);
  take_back(id, found->second);
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
  if (--entry.closed == 0 && !entry.set_aside) make_ready(id, entry);
}

void Order::close_front(Queue& queue) {
  if (queue.members.empty()) return;
  const auto id = *queue.members.begin();
  auto& entry = entries_.at(id);
  ++entry.closed;
  take_back(id, entry);
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
  for (auto& ready : ready_) ready.clear();
  credit_ = {};
  alone_.clear();
  for (auto& [key, queue] : queues_) queue.members.clear();
  std::erase_if(queues_, [](const auto& each) { return !each.second.stopped; });
}

std::optional<DeliveryId> Order::first_before(DeliveryId id, std::string_view keys) const {
  auto first = id;
  if (keys.empty() && !entries_.empty()) first = std::min(first, entries_.begin()->first);
  if (!alone_.empty()) first = std::min(first, *alone_.begin());
  for (const auto& key : split_keys(keys)) {
    const auto queue = queues_.find(key);
    if (queue != queues_.end() && !queue->second.members.empty())
      first = std::min(first, *queue->second.members.begin());
  }
  return first < id ? std::optional(first) : std::nullopt;
}

// One that ends sets no more free than it has keys. Never fewer sessions than a route has unless it says: `parallel`
// may have been another before.
Doubt::Doubt(int sessions, bool mixed)
    : most_fronts_(kUnsettled + std::max(sessions, kParallel) * (1 + kMostKeys)), mixed_(mixed) {}

bool Doubt::may_have_been_sent(std::string_view keys, bool waited, Priority priority) {
  if (over_) return false;
  int before = keys.empty() ? rows_ : fifo_rows_;
  int most = 0;
  const auto named = split_keys(keys);
  for (const auto& key : std::set<std::string>(named.begin(), named.end())) most = std::max(most, rows_of_[key]++);
  before += most;
  ++rows_;
  if (keys.empty()) ++fifo_rows_;
  auto& fronts = fronts_[static_cast<std::size_t>(priority)];
  if (before == 0 && !waited) ++fronts;
  const bool behind = fronts > most_fronts_;
  over_ = fifo_rows_ > kUnsettled || rows_ > (mixed_ ? kPriorityWindow : kKeyedWindow) || (behind && !mixed_);
  return before < kUnsettled && !over_ && !behind;
}

}  // namespace myelin::runtime
