// What a load measured, second by second, and as a page that can be mailed: HTML with drawings in it, without scripts.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/main/traffic/load.h"

namespace myelin {

struct Second {
  std::int64_t answered = 0;
  std::uint32_t p50 = 0, p99 = 0, max = 0;  // microseconds
};
// One a second from the first timed one; a second in which nothing was answered is there too.
std::vector<Second> by_second(const LoadReport& report);

using PageFacts = std::vector<std::pair<std::string, std::string>>;
std::string load_page(const LoadReport& report, const PageFacts& facts);

}  // namespace myelin
