#include "engine/store/sqlite/read_pool.h"

namespace myelin::sqlite {

Result<void> ReadPool::start(const std::string& path, const Published& published) {
  for (auto& each : queries_) {
    auto opened = Queries::open(path, published);
    if (!opened) return fail(opened);
    each = std::move(*opened);
  }
  for (std::size_t i = 0; i < threads_.size(); ++i) threads_[i] = std::thread([this, i] { run(*queries_[i]); });
  return {};
}

bool ReadPool::ask(Question question) {
  {
    const std::scoped_lock hold(lock_);
    if (stop_ || waiting_.size() >= kWaiting) return false;
    waiting_.push_back(std::move(question));
  }
  changed_.notify_one();
  return true;
}

void ReadPool::stop() {
  {
    const std::scoped_lock hold(lock_);
    stop_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
  for (auto& each : queries_) each.reset();
}

void ReadPool::run(Queries& queries) {
  for (;;) {
    Question question;
    {
      std::unique_lock held(lock_);
      changed_.wait(held, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      question = std::move(waiting_.front());
      waiting_.pop_front();
    }
    question(queries);
  }
}

}  // namespace myelin::sqlite
