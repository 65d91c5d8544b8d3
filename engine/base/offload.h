// offload: blocking work (files, look-ups that wait) on a small pool of threads, awaited on the caller's own loop.
// Beside the store it is the only door between threads (architecture.md, Threads).
//     auto read = [&] { return folder.read(name); };
//     auto content = co_await offload<Result<std::string>>(loop, read);
// Work that hangs holds one of kThreads; the others go on. The awaiting coroutine must live until the work is done.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/loop.h"
#include "engine/base/prompt.h"
#include "engine/base/task.h"

namespace myelin {

class Offload {
 public:
  static constexpr int kThreads = 4;

  // The pool of this process; its threads start with the first work.
  static Offload& shared();
  // Another, for work as long as a message is large: everybody else goes first (prompt.h).
  static Offload& large();

  explicit Offload(void (*manner)() = be_patient) : manner_(manner) {}
  Offload(const Offload&) = delete;
  Offload& operator=(const Offload&) = delete;
  // Waits for what was begun and drops what was not.
  ~Offload();

  // Thread-safe. In the order of the calls, each on any of the threads.
  void run(Callback work);

 private:
  void work_on();

  void (*manner_)();  // of its threads, said by each when it starts
  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<Callback> waiting_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

// Runs `work()` on the pool and resumes on `home`. `work` outlives the await.
template <class T, class Work>
Task<T> offload(Loop& home, Work& work, Offload& pool = Offload::shared()) {
  Completion<T> done;
  pool.run([&work, &home, &done] {
    auto result = std::make_shared<T>(work());
    home.post([result, &done] { done.set(std::move(*result)); });
  });
  co_return co_await done;
}

}  // namespace myelin
