// A channel that says nearly all a channel can say, and what stands beside it; compiled with adapters that dial nobody.
#pragma once

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "routes/compile/compile_files.h"
#include "tests/unit/compile/fake_adapters.h"

namespace myelin::routes {

using Others = std::map<std::string, std::string>;

inline constexpr std::string_view kConnections =
    "pas: { kind: mllp, listen: 127.0.0.1:2575 }\nlab: { kind: mllp, connect: 127.0.0.1:2601 }\nsite: { name: WEST }\n";
inline constexpr std::string_view kSample =
    "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rEVN|A01\rPID|1||1^^^W^MR||DOE^ANN||1970|F\r";
inline constexpr std::string_view kTable = "code,lab\nM,1\nF,2\n";

inline constexpr std::string_view kChannel = R"(channel: adt
about: Admissions
version: "2.4"
source: pas
accept:
  types: [ADT^A01, ADT^*]
  versions: ["2.4", "2.5.1"]
  validate:
    - require: [PID-3]
duplicates: 1h
steps:
  - drop: not here
    when: PV1-2 == "P"
routes:
  lab:
    when: MSH-9.2 == "A01"
    to: lab
    steps:
      - map: { field: PID-8, table: sex, unmapped: park }
    retry: { first: 2s, longest: 5m }
    settle: each
    on_reply:
      - AE: { retry: 10, every: 1m, then: hold }
        when: MSA-3 contains "locked"
      - AR: retry
      - 409: delivered
  archive:
    to: { mllp: { connect: 127.0.0.1:2602 } }
tests:
  - it: works
    given:
      - samples/a.hl7
      - after: 2s
      - text: |
          MSH|^~\&|PAS
          PID|1
    replies: { lab: [AE, none, 503] }
    run_for: 10s
    expect:
      ack: AE
      fault: M0203
      at: PID-3
      filtered: not here
      others: none
      lab: { PID-8: "2", absent: [ZPI, PV1-9], parked: unmapped, attempts: 2, equals: expected/a.hl7 }
      archive: unchanged
)";

inline Others usual() {
  return {{"connections.yaml", std::string(kConnections)},
          {"tables/sex.csv", std::string(kTable)},
          {"samples/a.hl7", std::string(kSample)}};
}

// With a source that knows who its peers are.
inline Others with_tls(Others files, const Others& more) {
  files["connections.yaml"] += "web: { kind: mllp, listen: 127.0.0.1:2599, tls: {} }\n";
  files.insert(more.begin(), more.end());
  return files;
}

inline Compiled compiled(std::string_view channel, const Others& others = usual()) {
  auto result = compile_text(channel, testing::fake_adapters(), others);
  for (const auto& mistake : result.diagnostics.sorted())
    if (mistake.severity == config::Severity::error) ADD_FAILURE() << config::render(mistake, config::Colour::never);
  return result;
}

inline std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

inline std::string with(std::string_view text, std::string_view what, std::string_view by) {
  std::string changed(text);
  const auto at = changed.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? changed : changed.replace(at, what.size(), by);
}

}  // namespace myelin::routes
