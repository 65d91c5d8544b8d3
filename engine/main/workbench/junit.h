// The results of tests in the form that build servers read.
#pragma once

#include <string>
#include <vector>

#include "engine/main/workbench/test_runner.h"

namespace myelin {

std::string junit(const std::vector<TestResult>& results, std::size_t failed, Duration took);

}  // namespace myelin
