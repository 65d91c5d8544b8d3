// The witness: hears everything that senders, peers, the disk and persons do, and says at once which promise of
// delivery.md was broken. It knows nothing of the engine's insides.
//
//   ACK        answered AA and not on the disk
//   LOST       on the disk, not delivered, and neither waiting nor given up by a person
//   DUP        delivered again although its end was on the disk; or its positive answer had been read and no process
//              has died since; or after a crash, outside of the unsettled tail
//   ORDER      arrived for the first time after a later one of the same lane or key, or beside one that is under way
//   PHANTOM    arrived and was never sent, is altered, or was not on the disk yet
//   MISCREDIT  taken for delivered, and the peer never said so; or an answer that names another message
//   BYTES      an attempt that may have reached the peer was not repeated byte for byte
//   STATE      attempts that do not rise, routes that no configuration has
//   STUCK      all is well again and something still does not move
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/model/policy.h"
#include "engine/store/store.h"
#include "tests/sim/world.h"

namespace myelin::sim {

// What a message must not overtake: everything on its lane (fifo), what has one of its keys, or nothing.
enum class LaneOrder : std::uint8_t { fifo, keyed, none };
struct LaneRule {
  std::string channel;
  LaneOrder order = LaneOrder::fifo;
  int parallel = 1;
  bool peer = true;  // false: it hands over to another channel, and the disk is its witness
};

struct SentMessage {
  int sender = 0;
  int number = 0;
  std::set<int> patients;
};

// One attempt as a peer saw it.
struct Arrival {
  std::string lane, id, bytes;
  int process = 0;
};

struct Figures {
  std::int64_t sent = 0, acked = 0, delivered = 0, duplicates = 0, duplicate_bound = 0;
};

class Witness {
 public:
  Witness(const Loop& loop, std::map<std::string, LaneRule> lanes) : loop_(loop), lanes_(std::move(lanes)) {}

  void sent(const std::string& id, SentMessage message);
  const SentMessage* find(const std::string& id) const;
  void acked(const std::string& channel, const std::string& id);
  void foreign_answer(const std::string& id, const std::string& named);
  void process_started(int number) { process_ = number; }
  // `applying`: which of two configurations rendered what it sent last, nobody knows.
  void process_died(bool applying);

  void stored(const NewMessage& message);
  void settling(const Settlement& settlement);
  void settled(const Settlement& settlement);
  void changed_by_person(DeliveryId id, State to);
  void doubted(const std::vector<Doubtful>& rows);

  // An attempt arrived; the number names it from now on. `intact`: the content is what was sent.
  std::size_t arrived(Arrival arrival, bool intact);
  // The peer said AA to it (whether or not that was heard).
  void accepted(std::size_t attempt);
  // Asked when the next one comes: what became of this one.
  struct Fate {
    bool answer_read = false;   // a positive one
    bool refusal_read = false;  // any other that is its own
    bool under_way = false;
  };
  std::function<Fate(std::size_t attempt)> fate;

  // At the end: what the disk has.
  void look_at(const Trace& trace);
  void breach(const std::string& what, const std::string& detail);
  void note(std::string_view kind, std::string_view detail);
  // Something happened now, whatever it was: also that is repeated by the same seed.
  void note_time() {
    hash_ = (hash_ ^ static_cast<std::uint64_t>(loop_.mono().time_since_epoch().count())) * 1099511628211U;
  }

  const std::vector<std::string>& breaches() const { return breaches_; }
  Figures figures() const;
  const std::map<std::string, MessageId>& stored_in(const std::string& channel) { return ids_[channel]; }
  std::uint64_t trace_hash() const { return hash_; }
  bool verbose = false;

 private:
  struct Row {
    std::string lane, id;
    int attempts = 0;
    bool settling_delivered = false, delivered = false, discarded = false, touched = false;
    bool held = false;
    bool set_aside = false;             // by a person: what came after it goes on
    std::optional<std::string> repeat;  // exactly these bytes
    std::size_t arrivals = 0;
    std::optional<std::size_t> last;  // attempt
    std::size_t place = 0;            // among the first arrivals of its lane
    bool said_yes = false;
    bool doubled = false;  // its peer may have had it before
  };
  struct LaneBook {
    std::vector<DeliveryId> firsts;                // in the order of their first arrival
    std::map<int, DeliveryId> highest;             // by patient; -1: of the lane
    std::vector<std::size_t> attempts;             // that may be under way
    std::map<int, std::vector<DeliveryId>> queue;  // first arrivals by patient
  };

  void stored_again(const NewMessage& message);
  std::vector<int> keys_of(const LaneRule& rule, const std::string& id) const;
  void judge_first(Row& row, DeliveryId id, const LaneRule& rule, LaneBook& book);
  void judge_repeat(Row& row, DeliveryId id, const LaneRule& rule, const Arrival& arrival);
  void judge_held(const Row& row, DeliveryId id, const LaneRule& rule);
  void judge_neighbours(const Row& row, const LaneRule& rule, LaneBook& book);
  bool in_tail(DeliveryId id, const LaneRule& rule, const LaneBook& book, const std::string& message) const;

  const Loop& loop_;
  std::map<std::string, LaneRule> lanes_;
  std::map<std::string, SentMessage> messages_;
  std::map<std::string, std::set<std::string>> acked_;               // by channel
  std::map<std::string, std::map<std::string, MessageId>> ids_;      // channel -> control id
  std::map<std::pair<std::string, std::string>, DeliveryId> known_;  // (lane, control id)
  std::map<DeliveryId, Row> rows_;
  std::map<std::string, LaneBook> books_;
  std::vector<Arrival> arrivals_;
  std::vector<std::string> breaches_;
  int process_ = 0;
  std::set<int> died_;           // processes that did not end in order …
  std::set<int> died_applying_;  // … and of these, between two configurations
  std::int64_t duplicates_ = 0;
  std::uint64_t hash_ = 1469598103934665603U;
};

}  // namespace myelin::sim
