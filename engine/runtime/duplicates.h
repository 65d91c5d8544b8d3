// DuplicateWindow: recognises a message that was received before, by content and not by id alone, because devices
// reuse ids. In memory, bounded; rebuilt at start from the last minutes of the store (delivery.md, Acknowledgement).
#pragma once

#include <deque>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/id.h"

namespace myelin::runtime {

class DuplicateWindow {
 public:
  static constexpr std::size_t kMost = 100'000;  // messages remembered per channel

  struct Seen {
    MessageId id;
    WallTime received_at;
  };

  // SHA-256 over MSH-3, MSH-4, MSH-10 and the whole message but its MSH-7, which a resend may renew.
  // All zero for bytes that have no readable MSH: these are never duplicates.
  static Sha256 fingerprint(std::string_view message);

  // Of MSH-3, MSH-4 and MSH-10 alone: what a sender calls the message. Zero where there is none.
  static std::size_t sender_id(std::string_view message);

  // Zero switches the window off and forgets all.
  void set_span(Duration span);
  Duration span() const { return span_; }

  // The window goes by the clock that nobody can set: setting the other must not make a sender's repetition new.
  std::optional<Seen> find(const Sha256& fingerprint, MonoTime now);
  // Whether a message of this sender's id is in the window: asked of one whose fingerprint is not.
  bool knows_id(std::size_t sender_id, MonoTime now);
  // After the commit: an answer may be repeated only for what is on the disk. `since`: when it was received; of a
  // process before this one, as if that had been no longer ago than the engine has run since, for a sender that waited
  // for us will send again however long we stood still.
  void remember(const Sha256& fingerprint, std::size_t sender_id, MessageId id, WallTime received_at, MonoTime since);

 private:
  struct First64 {
    std::size_t operator()(const Sha256& digest) const noexcept;
  };
  // One table in many: a table that grows moves all that it holds, and everybody behind the loop waits for that. Of
  // 64 each moves its 64th part, at another message than the others.
  template <typename Key, typename Value, typename Hash>
  class Tables {
   public:
    using Table = std::pmr::unordered_map<Key, Value, Hash>;
    explicit Tables(std::pmr::memory_resource* memory) : tables_(memory) {}
    // Where the window is off there are none.
    void make() {
      if (tables_.empty()) tables_.resize(64);
    }
    Table& of(const Key& key) { return tables_[Hash()(key) >> 58]; }
    void clear() {
      for (auto& table : tables_) table.clear();
    }

   private:
    std::pmr::vector<Table> tables_;
  };
  struct Entry {
    MonoTime since;
    Sha256 fingerprint;
    std::size_t sender_id;
  };
  void forget_before(MonoTime time);
  void forget_oldest();

  Duration span_{};
  std::pmr::unsynchronized_pool_resource memory_;  // one goes for each that comes: its place is the next one's
  Tables<Sha256, Seen, First64> seen_{&memory_};
  Tables<std::size_t, int, std::hash<std::size_t>> ids_{&memory_};
  std::deque<Entry> order_;
};

}  // namespace myelin::runtime
