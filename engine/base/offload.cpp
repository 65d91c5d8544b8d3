#include "engine/base/offload.h"

namespace myelin {

Offload& Offload::shared() {
  static Offload pool;
  return pool;
}

Offload& Offload::large() {
  static Offload pool(be_last);
  return pool;
}

Offload::~Offload() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    waiting_.clear();
  }
  more_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Offload::run(Callback work) {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(work));
    if (waiting_.size() > idle_ && threads_.size() < kThreads) threads_.emplace_back([this] { work_on(); });
  }
  more_.notify_one();
}

void Offload::work_on() {
  manner_();  // it may have been started by a loop
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    more_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    --idle_;
    if (ending_) return;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace myelin
