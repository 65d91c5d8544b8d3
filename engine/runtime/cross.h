// run_on: a coroutine on another loop, awaited on this one. The only way in which loops speak to each other.
#pragma once

#include <utility>

#include "engine/base/loop.h"
#include "engine/base/task.h"

namespace myelin::runtime {

namespace detail {
template <class T>
Task<void> relay(Task<T> task, Loop& home, Completion<T>& done) {
  auto result = std::make_shared<T>(co_await task);
  home.post([result, &done] { done.set(std::move(*result)); });
}
}  // namespace detail

// `make()` is called on `there` and gives a Task<T>. `make` and all it refers to outlive the await.
template <class T, class Make>
Task<T> run_on(Loop& there, Loop& home, Make& make) {
  if (&there == &home) {
    auto task = make();
    co_return co_await task;
  }
  Completion<T> done;
  there.post([&make, &home, &done] { spawn(detail::relay<T>(make(), home, done)); });
  co_return co_await done;
}

}  // namespace myelin::runtime
