// A read transaction of Queries, with its time limit.
#pragma once

#include <chrono>

#include "engine/store/sqlite/queries.h"

namespace myelin::sqlite {

class Snapshot {
 public:
  explicit Snapshot(Queries& queries) : queries_(&queries), begun_(queries.database_.execute("BEGIN")) {
    queries.give_up_at_ = std::chrono::steady_clock::now() + queries.patience_;
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() {
    if (begun_) (void)queries_->database_.execute("COMMIT");  // nothing was written
  }
  Result<void>& begun() { return begun_; }

 private:
  Queries* queries_;
  Result<void> begun_;
};

}  // namespace myelin::sqlite
