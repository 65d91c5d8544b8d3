// Deletes what the retention has given up, inside the writer's transaction. The readers find the candidates; here each
// is looked at once more, because a person may have changed its deliveries meanwhile.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "engine/store/sqlite/database.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

// What the readers found.
struct Doomed {
  MessageId id;
  std::string channel;
  std::int64_t bytes = 0;
  std::int64_t parts = 0;
};
struct Candidates {
  std::vector<Doomed> messages;
  std::vector<MessageId> unfinished;
  MessageId reached;
  bool end = false;
};

class Removal {
 public:
  Result<void> prepare(Database& database);

  // Rows that went; 0: it is not finished, or not there any more.
  Result<int> remove(const Doomed& doomed);
  // The oldest refused bytes, at most 100.
  Result<int> remove_incidents(const PurgeStep& step);
  // A body of many parts goes in several transactions, four parts in each; its message has gone before them. What a
  // crash leaves is swept by the next start.
  Result<bool> remove_parts();
  bool has_parts() const { return !parts_.empty(); }

 private:
  Result<int> run(Statement& statement, std::int64_t from, std::int64_t to);

  Statement unfinished_, message_, duplicate_, deliveries_, attempts_, rendered_, answers_, replies_, chunks_,
      incidents_, fingerprint_;
  std::deque<std::pair<std::int64_t, std::int64_t>> parts_;  // rows of table chunk, the second excluded
};

}  // namespace myelin::sqlite
