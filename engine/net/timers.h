// Timers: what a loop is to do later. Most are time limits that are cancelled long before they pass (one for each
// answer that is waited for), so adding and cancelling cost no search: a heap of times, whose entries stay when their
// timer is cancelled until they come up or are more than half of it, and a table of callbacks. No thread, no clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/loop.h"

namespace myelin::net {

class Timers {
 public:
  TimerId add(MonoTime when, Callback callback) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const auto at = free_.back();
    free_.pop_back();
    const auto id = (++last_ << kSlotBits) | at;
    slots_[at] = {id, std::move(callback)};
    heap_.push_back({when, id});
    std::push_heap(heap_.begin(), heap_.end(), later);
    return TimerId{id};
  }

  // One that has passed, or was cancelled, is no timer any more.
  void cancel(TimerId timer) {
    const auto id = static_cast<std::uint64_t>(timer);
    if (!stands(id)) return;
    const auto dropped = release(id);  // its end may cancel others
    if (++cancelled_ > kFew && cancelled_ > heap_.size() / 2) sweep();
  }

  // When the first is due.
  std::optional<MonoTime> next() {
    while (!heap_.empty() && !stands(heap_.front().id)) {
      pop();
      --cancelled_;
    }
    return heap_.empty() ? std::nullopt : std::optional(heap_.front().when);
  }

  // The first, if it is due: those of the same time in the order in which they were added.
  std::optional<Callback> take(MonoTime now) {
    const auto first = next();
    if (!first || *first > now) return std::nullopt;
    const auto id = heap_.front().id;
    pop();
    return release(id);
  }

 private:
  static constexpr int kSlotBits = 24;
  static constexpr std::uint64_t kSlots = (std::uint64_t{1} << kSlotBits) - 1;
  static constexpr std::size_t kFew = 1024;

  struct Entry {
    MonoTime when;
    std::uint64_t id;  // its rank, then its slot
  };
  struct Slot {
    std::uint64_t id = 0;
    Callback callback;
  };

  static bool later(const Entry& a, const Entry& b) { return std::pair(a.when, a.id) > std::pair(b.when, b.id); }

  bool stands(std::uint64_t id) const {
    const auto at = static_cast<std::size_t>(id & kSlots);
    return id != 0 && at < slots_.size() && slots_[at].id == id;
  }
  Callback release(std::uint64_t id) {
    const auto at = static_cast<std::uint32_t>(id & kSlots);
    slots_[at].id = 0;
    free_.push_back(at);
    return std::exchange(slots_[at].callback, {});
  }
  void pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  void sweep() {
    std::erase_if(heap_, [this](const Entry& entry) { return !stands(entry.id); });
    std::make_heap(heap_.begin(), heap_.end(), later);
    cancelled_ = 0;
  }

  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_ = 0;
  std::size_t cancelled_ = 0;  // entries of the heap whose timer was
};

}  // namespace myelin::net
