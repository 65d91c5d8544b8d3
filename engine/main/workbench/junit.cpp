#include "engine/main/workbench/junit.h"

#include <fmt/format.h>

#include <chrono>

#include "engine/base/markup.h"

namespace myelin {

namespace {

double in_seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string xml_text(std::string_view text) { return escape_markup(text, " ", "\n"); }

}  // namespace

std::string junit(const std::vector<TestResult>& results, std::size_t failed, Duration took) {
  auto xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"myelin\" tests=\"{}\" failures=\"{}\" "
      "time=\"{:.3f}\">\n",
      results.size(), failed, in_seconds(took));
  for (const auto& result : results) {
    xml += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.6f}\">", xml_text(result.channel),
                       xml_text(result.it), in_seconds(result.took));
    if (!result.passed()) {
      const auto& first = result.mismatches.front();
      xml += fmt::format("\n    <failure message=\"{}\">{}\n",
                         xml_text(first.about + ": expected " + first.expected + ", got " + first.got),
                         xml_text(to_string(first.place)));
      for (const auto& mismatch : result.mismatches)
        xml += xml_text(fmt::format("{}: expected {}, got {}\n", mismatch.about, mismatch.expected, mismatch.got));
      xml += "</failure>\n  ";
    }
    xml += "</testcase>\n";
  }
  return xml + "</testsuite>\n";
}

}  // namespace myelin
