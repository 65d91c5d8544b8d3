// What a Task gives, put where a test can wait for it on whatever loop it has.
#pragma once

#include <optional>
#include <utility>

#include "engine/base/task.h"

namespace myelin::test {

template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& into) {
  into.emplace(co_await task);
}
// So that one function waits for both kinds.
inline Task<bool> as_bool(Task<void> task) {
  co_await task;
  co_return true;
}

}  // namespace myelin::test
