// search.db: which messages have a key. Derived from the store, so it may be lost at any time: it is made anew. A row
// is a keyed hash of name and value, and a message. Rows lie in parts, tables of some hundred thousand, each of the
// messages from its first one up to that of the next part and of one day: hashes fall anywhere, so a row in a table of
// millions costs a page of its own to be read, logged and written, while those of a small one share theirs; and what
// the retention takes goes with one DROP. One connection, one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/store/sqlite/database.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

struct IndexRow {
  std::int64_t hash = 0;
  MessageId message;
};

class SearchFile {
 public:
  // Any fault means: remove() and open again.
  static constexpr std::int64_t kPartRows = 100'000;  // from so many on the next messages begin another part

  static Result<SearchFile> open(const std::string& path);
  static void remove(const std::string& path);

  // All up to here is in the file (and perhaps more).
  MessageId position() const { return position_; }
  const std::string& fingerprint() const { return fingerprint_; }
  // Empty, for other keys.
  Result<void> start_over(const std::string& fingerprint);

  // One transaction. Rows that are there already are no mistake.
  Result<void> put(std::vector<IndexRow> rows, MessageId position);
  // Messages that have all of the hashes, below `below` and from `from` on, the newest first.
  Result<std::vector<MessageId>> find(const std::vector<std::int64_t>& hashes, MessageId below, MessageId from,
                                      int limit);
  // Drops the parts that hold nothing but messages before this one. The newest stays.
  Result<void> forget_before(MessageId oldest);

 private:
  Result<void> read_parts();
  // A transaction; what is known of the whole is written with it.
  Result<void> in_one(const std::function<Result<void>()>& change);
  Result<void> make_room_for(const std::vector<IndexRow>& rows);
  std::size_t part_of(MessageId message) const;  // the oldest takes what is older than all
  Result<void> put_into(std::size_t part, std::vector<IndexRow> rows);
  Result<void> drop(std::size_t parts);  // the oldest ones
  Result<void> write_meta();

  Database database_;
  std::vector<MessageId> firsts_;  // of each part, ascending
  std::int64_t rows_ = 0;          // in the newest part
  MessageId newest_;               // of all messages that are in it
  MessageId position_;
  std::string fingerprint_;
};

}  // namespace myelin::sqlite
