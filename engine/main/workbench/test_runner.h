// Runs the tests that stand in channel files, each as a rehearsal of its own, and says field by field what is not as
// expected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/config/source_text.h"
#include "engine/main/workbench/rehearsal.h"
#include "routes/compile/test_case.h"

namespace myelin {

struct Mismatch {
  std::string about;     // "ack", "lab", "lab PID-8": what was looked at
  std::string expected;  // "AA"
  std::string got;
  config::Place place;  // of the expectation
  // What `--bless` would write: over the value at `place`, or as the whole of `file`. Nothing: a person decides.
  std::optional<std::string> actual = {};
  std::string file = {};
};

struct TestResult {
  std::string channel;
  std::string it;
  config::Place place;
  std::vector<Mismatch> mismatches;  // empty: passed
  std::vector<std::string> notes;    // what happened instead, worth reading beside a mismatch
  Duration took{};                   // real time
  bool passed() const { return mismatches.empty(); }
};

TestResult run_test(const Plan& plan, const routes::TestCase& test, StepObserver* observer = nullptr);

}  // namespace myelin
