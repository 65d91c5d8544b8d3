// A row of the one table of the fault harness (tests/faults.py), from a test program: printed, and added to the file
// that $MYELIN_FAULTS names.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

namespace myelin::testing {

struct FaultRow {
  std::string fault;  // no quotes
  std::int64_t tries = 0, answered = 0, lost = 0, twice = 0;
  std::optional<std::int64_t> bound, disorder;  // nothing: not judged
  std::uint64_t seed = 0;                       // the first of them

  void add() const {
    const auto number = [](const std::optional<std::int64_t>& value) {
      return value ? std::to_string(*value) : std::string("null");
    };
    const auto line = R"({"fault": ")" + fault + R"(", "tries": )" + std::to_string(tries) + R"(, "answered": )" +
                      std::to_string(answered) + R"(, "lost": )" + std::to_string(lost) + R"(, "twice": )" +
                      std::to_string(twice) + R"(, "bound": )" + number(bound) + R"(, "disorder": )" +
                      number(disorder) + R"(, "seed": )" + std::to_string(seed) + "}\n";
    std::fputs(line.c_str(), stdout);
    const char* path = std::getenv("MYELIN_FAULTS");
    std::FILE* out = path != nullptr ? std::fopen(path, "a") : nullptr;
    if (out == nullptr) return;
    std::fputs(line.c_str(), out);
    std::fclose(out);
  }
};

}  // namespace myelin::testing
