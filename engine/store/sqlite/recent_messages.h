// The newest committed messages, still in memory: a lane sends most of them within milliseconds, and need not wait
// for a reader's thread and the disk. Bounded; a message that is no longer here is read from the file, with the same
// answer. Thread-safe.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/model/message.h"

namespace myelin::sqlite {

class RecentMessages {
 public:
  static constexpr std::size_t kMessages = 8192;
  static constexpr std::size_t kBytes = 8U << 20;

  void put(const Message& message) {
    if (message.bytes.size() > kBytes / 8) return;
    const std::scoped_lock hold(lock_);
    if (!messages_.emplace(message.id.value, message).second) return;
    order_.push_back(message.id.value);
    bytes_ += message.bytes.size();
    while (order_.size() > kMessages || bytes_ > kBytes) {
      const auto oldest = messages_.find(order_.front());
      bytes_ -= oldest->second.bytes.size();
      messages_.erase(oldest);
      order_.pop_front();
    }
  }

  std::optional<Message> find(MessageId id) const {
    const std::scoped_lock hold(lock_);
    const auto found = messages_.find(id.value);
    return found == messages_.end() ? std::nullopt : std::optional(found->second);
  }

  // The first of `ids`, as many as are here without a gap, until `most_bytes` are reached.
  std::vector<Message> find(const std::vector<MessageId>& ids, std::size_t most_bytes) const {
    const std::scoped_lock hold(lock_);
    std::vector<Message> all;
    std::size_t bytes = 0;
    for (const auto id : ids) {
      const auto found = messages_.find(id.value);
      if (found == messages_.end() || bytes >= most_bytes) break;
      bytes += found->second.bytes.size();
      all.push_back(found->second);
    }
    return all;
  }

 private:
  mutable std::mutex lock_;
  std::unordered_map<std::int64_t, Message> messages_;
  std::deque<std::int64_t> order_;
  std::size_t bytes_ = 0;
};

}  // namespace myelin::sqlite
