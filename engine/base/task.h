// Task<T>: a lazy coroutine that one awaiter waits for; and the three things a coroutine waits with: Completion
// (once, a value), Wakeup (again and again, with a time limit) and TaskGroup (all that was spawned).
// Everything here belongs to one Loop's thread. Nothing throws: an exception that leaves a coroutine ends the process.
//
// House rule, enforced by tests/tidy: g++ 12.2 destroys twice an aggregate temporary, a lambda with an owning
// capture and a ?: of class type in a full expression that holds co_await. So such a statement has no [ { or ?
// to the right of `=`: name the object first, then std::move it.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "engine/base/loop.h"

namespace myelin {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class P>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) const noexcept {
    const auto next = self.promise().continuation;
    return next ? next : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().continuation = awaiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

namespace detail {
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    void return_void() const noexcept {}
  };
};
}  // namespace detail

// Starts `task` now, on this thread, and lets it go on by itself.
inline detail::Detached spawn(Task<void> task) { co_await task; }

// One value, set once by a callback on the same loop, awaited once. It outlives neither side: keep it in the
// awaiting coroutine's frame, and have the setter called exactly once.
template <class T>
class Completion {
 public:
  void set(T value) {
    value_.emplace(std::move(value));
    if (waiter_) std::exchange(waiter_, {}).resume();
  }
  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
};

// Wakes one waiting coroutine; a notify() that finds nobody waiting is remembered until the next wait.
class Wakeup {
 public:
  explicit Wakeup(Loop& loop) : loop_(&loop) {}
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;
  ~Wakeup() { loop_->cancel(timer_); }

  // Resumes the waiter inside this call.
  void notify() {
    notified_ = true;
    resume();
  }

  class Wait {
   public:
    Wait(Wakeup& wakeup, std::optional<Duration> limit) : wakeup_(&wakeup), limit_(limit) {}
    bool await_ready() const noexcept { return wakeup_->notified_; }
    void await_suspend(std::coroutine_handle<> waiter) {
      wakeup_->waiter_ = waiter;
      if (!limit_) return;
      Wakeup* wakeup = wakeup_;
      wakeup_->timer_ = wakeup_->loop_->after(*limit_, [wakeup] {
        wakeup->timer_ = TimerId::none;
        wakeup->resume();
      });
    }
    bool await_resume() const noexcept { return std::exchange(wakeup_->notified_, false); }

   private:
    Wakeup* wakeup_;
    std::optional<Duration> limit_;
  };

  // Result of the await: true when notified, false when the limit passed first.
  Wait wait() { return Wait(*this, std::nullopt); }
  Wait wait_for(Duration limit) { return Wait(*this, limit); }

 private:
  void resume() {
    if (!waiter_) return;
    loop_->cancel(std::exchange(timer_, TimerId::none));
    std::exchange(waiter_, {}).resume();
  }

  Loop* loop_;
  bool notified_ = false;
  TimerId timer_ = TimerId::none;
  std::coroutine_handle<> waiter_;
};

// Spawned tasks that can be waited for together. join() may be awaited by one coroutine at a time.
class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : idle_(loop) {}

  void spawn(Task<void> task) {
    ++running_;
    run(std::move(task));
  }
  std::size_t running() const { return running_; }

  Task<void> join() {
    while (running_ > 0) co_await idle_.wait();
  }

 private:
  detail::Detached run(Task<void> task) {
    co_await task;
    if (--running_ == 0) idle_.notify();
  }

  std::size_t running_ = 0;
  Wakeup idle_;
};

}  // namespace myelin
