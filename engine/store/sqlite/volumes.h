// How much is kept of each channel: counted in memory with every append and purge, written with the totals now and
// then. What a crash leaves unwritten is counted again from the rows above `last_message` (Totals).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/store/sqlite/database.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

class Volumes {
 public:
  Result<void> read(Database& database, std::int64_t last_message);
  // Of the transaction that stands; negative for what goes.
  void add(const std::string& channel, std::int64_t messages, std::int64_t bytes);
  Result<void> write();
  void committed() { pending_.clear(); }
  void rolled_back();

 private:
  std::map<std::string, Kept> all_;
  std::vector<Kept> pending_;
  Statement put_;
};

}  // namespace myelin::sqlite
