// Runs one coroutine on a real loop until it is done, and gives its value.
#pragma once

#include <optional>
#include <utility>

#include "engine/base/task.h"
#include "engine/net/asio_loop.h"
#include "tests/result_of.h"

namespace myelin::net::test {

template <class T>
Task<void> keep(Task<T> task, std::optional<T>* value, AsioLoop* loop) {
  value->emplace(co_await task);
  loop->stop();
}

template <class T>
T run(AsioLoop& loop, Task<T> task) {
  std::optional<T> value;
  spawn(keep(std::move(task), &value, &loop));
  loop.run();
  return std::move(*value);
}

inline void run(AsioLoop& loop, Task<void> task) {
  static_cast<void>(run(loop, myelin::test::as_bool(std::move(task))));
}

}  // namespace myelin::net::test
