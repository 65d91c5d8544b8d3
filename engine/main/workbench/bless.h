// `myelin test --bless`: what the channels do now is written down as what is expected: values in the tests, and the
// files that `equals` names. What it takes a person to decide (an answer, a parked message) is left.
#pragma once

#include <string>
#include <vector>

#include "engine/main/workbench/test_runner.h"

namespace myelin {

struct Blessed {
  std::vector<std::string> written;  // one line each: where, and what it is now
  std::size_t left = 0;              // mismatches that nobody but a person can mend
};

Result<Blessed> bless(const std::vector<TestResult>& results);

}  // namespace myelin
