// Window: the part of a lane's queue that is in memory, in the order of ids. The whole queue is in the store; what was
// pushed after a commit is put in while there is room, and what did not fit, or is of a process before, is read from
// the store when the window has become shorter. It knows how far it has come (cursor) and whether more may follow
// (behind).
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/crypto.h"
#include "engine/model/message.h"
#include "engine/runtime/rendering.h"

namespace myelin::runtime {

// A delivery that is not finished.
struct Waiting {
  DeliveryId id;
  std::string keys;  // LaneKey::key
  Piece piece;
  State state = State::queued;
  WallTime since;  // when it was held
  MonoTime due{};
  int attempts = 0;
  bool possible_duplicate = false;
  std::shared_ptr<const Message> original;  // handed over by intake while it is still in memory, or read ahead
  bool being_read = false;
  bool kept_back = false;         // it rests because of `open` or `after`
  bool look_again = false;        // what it waits for (`after`) has ended since it was asked
  std::optional<Bytes> rendered;  // of an attempt that may have reached the peer
  bool sent = false;              // in a batch of this process
  Sha256 print{};                 // of what it is sent as, for `duplicates` of the route
  std::string fault, detail;
  int refusals = 0, in_doubt = 0;  // LaneMemory of this message
  std::int64_t answers_before = 0;

  RenderedFor rendered_for() const { return {id, piece, attempts}; }
};

class Window {
 public:
  using Rows = std::map<DeliveryId, Waiting>;

  Rows::iterator begin() { return rows_.begin(); }
  Rows::iterator end() { return rows_.end(); }
  Rows::const_iterator begin() const { return rows_.begin(); }
  Rows::const_iterator end() const { return rows_.end(); }
  Rows::iterator find(DeliveryId id) { return rows_.find(id); }
  Rows::const_iterator find(DeliveryId id) const { return rows_.find(id); }
  Rows::iterator lower_bound(DeliveryId id) { return rows_.lower_bound(id); }
  Rows::iterator upper_bound(DeliveryId id) { return rows_.upper_bound(id); }
  Waiting& at(DeliveryId id) { return rows_.at(id); }
  const Waiting& at(DeliveryId id) const { return rows_.at(id); }
  bool contains(DeliveryId id) const { return rows_.contains(id); }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }

  // The cursor goes up to it.
  Waiting& add(DeliveryId id);
  void erase(DeliveryId id);
  // Nothing is in memory; all is read anew.
  void clear();

  void keep_original(Waiting& waiting, std::shared_ptr<const Message> original);
  // Unless it is large, or the window has many already: then it is read from the store when its turn comes.
  void offer_original(Waiting& waiting, std::shared_ptr<const Message> original);
  void drop_original(Waiting& waiting);

  // The highest id that it has held.
  DeliveryId cursor() const { return cursor_; }
  // The store has, or may have, ids above the cursor.
  bool behind() const { return behind_; }
  // Queued in the store, it would be neither in memory nor ever read.
  bool overlooks(DeliveryId id) const { return !contains(id) && (id <= cursor_ || !behind_); }
  // Committed just now, whether it is taken in or not.
  void pushed(DeliveryId id);
  // Pushed, and not taken in.
  void leave_in_store(DeliveryId id);

  // Between the two a read of the store is under way: what it finds may be older than what is done meanwhile.
  void begin_read();
  // `whole`: no more than what came is there above the cursor. True: something stored meanwhile lies before the cursor
  // and was passed over.
  bool end_read(bool whole);
  void give_up_read();
  bool reading() const { return reading_; }

 private:
  Rows rows_;
  std::size_t original_bytes_ = 0;
  DeliveryId cursor_;
  DeliveryId newest_;  // highest id that was pushed
  bool behind_ = true;
  bool reading_ = false;
  DeliveryId newest_before_read_;
  std::vector<DeliveryId> pushed_meanwhile_;  // since that read was begun
};

}  // namespace myelin::runtime
