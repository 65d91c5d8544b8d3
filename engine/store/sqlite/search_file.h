// search.db: which messages have a key. Derived from the store, so it may be lost at any time: it is made anew. One
// table a day, so that what the retention takes goes with one DROP; a row is a keyed hash of name and value, and a
// message. One connection, one thread.
#pragma once

#include <cstdint>
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
  // Drops the days before that of this message.
  Result<void> forget_before(MessageId oldest);

 private:
  Result<std::vector<std::string>> days();  // names of tables, the newest first
  Result<void> put_day(const std::string& day, const IndexRow* begin, const IndexRow* end);
  Result<void> write_meta();

  Database database_;
  MessageId position_;
  std::string fingerprint_;
};

}  // namespace myelin::sqlite
