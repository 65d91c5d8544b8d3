// insist: what the store could not say because it had too much in hand is asked for again.
#pragma once

#include <algorithm>
#include <utility>

#include "engine/base/fault.h"
#include "engine/base/task.h"

namespace myelin::runtime {

// `ask()` gives a Task<Result<T>>. While that answers `overloaded` (a reader that was interrupted for the log's sake,
// too many questions) it is asked again, after pauses of 50 ms up to a second, for at most `limit` and until `over`;
// the last answer counts. `ask`, all it refers to and `over` outlive the await.
template <class T, class Ask>
Task<Result<T>> insist(Loop& loop, Duration limit, const bool& over, Ask& ask) {
  constexpr Duration kShortest = milliseconds(50), kLongest = seconds(1);
  const auto until = loop.mono() + limit;
  Wakeup pause(loop);
  for (Duration left = kShortest;; left = std::min(2 * left, kLongest)) {
    auto asking = ask();
    auto answer = co_await asking;
    const bool again = !answer && answer.error().code == FaultCode::overloaded;
    if (!again || over || loop.mono() + left > until) co_return answer;
    co_await pause.wait_for(left);
  }
}

}  // namespace myelin::runtime
