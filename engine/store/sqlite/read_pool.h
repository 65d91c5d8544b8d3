// Two threads that answer questions to the tables, each on its own read-only connection, so that no loop ever waits
// for the disk.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "engine/store/sqlite/queries.h"

namespace myelin::sqlite {

class ReadPool {
 public:
  using Question = std::move_only_function<void(Queries&)>;
  static constexpr std::size_t kWaiting = 4096;

  ReadPool() = default;
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;
  ~ReadPool() { stop(); }

  Result<void> start(const std::string& path, const Published& published);
  // False: too many wait, or the pool has stopped.
  bool ask(Question question);
  // Answers what waits, then ends.
  void stop();

 private:
  void run(Queries& queries);

  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<Question> waiting_;
  bool stop_ = false;
  std::array<std::unique_ptr<Queries>, 2> queries_;
  std::array<std::thread, 2> threads_;
};

}  // namespace myelin::sqlite
