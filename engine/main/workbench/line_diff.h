// The difference of two texts line by line, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace myelin {

struct DiffLine {
  enum class Kind : unsigned char { heading, same, removed, added } kind;
  std::string text;  // with its sign: "-  when: …"; of a heading "@@ -3,7 +3,9 @@"
};

// Empty when both are equal; else the changed lines with three lines around them.
std::vector<DiffLine> line_differences(std::string_view before, std::string_view after);

}  // namespace myelin
