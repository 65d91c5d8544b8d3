#include "engine/main/workbench/test_runner.h"

#include <chrono>

#include "engine/main/workbench/expectations.h"

namespace myelin {

TestResult run_test(const Plan& plan, const routes::TestCase& test, StepObserver* observer) {
  const auto began = std::chrono::steady_clock::now();
  TestResult result{plan.channel, test.it, test.place, {}, {}, {}};
  const auto broken = [&](const Fault& fault) {
    result.mismatches.push_back({"rehearsal", "to run", to_string(fault), test.place});
  };
  Rehearsal rehearsal(plan, test.replies, time_of_sample(test.given.empty() ? "" : test.given.front().content),
                      observer, test.answers);
  if (auto begun = rehearsal.begin(); !begun) {
    broken(begun.error());
    return result;
  }
  for (const auto& given : test.given) {
    rehearsal.run_for(given.after);
    rehearsal.accept(given.content, given.facts);
  }
  rehearsal.run_for(test.run_for);
  const auto messages = rehearsal.messages();
  if (!messages) broken(messages.error());
  else if (messages->empty()) result.mismatches.push_back({"given", "a message", "none", test.place});
  else Expectations(plan, test, *messages, rehearsal.sent(), result).check();
  result.took = std::chrono::steady_clock::now() - began;
  return result;
}

}  // namespace myelin
