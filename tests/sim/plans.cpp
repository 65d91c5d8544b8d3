#include "tests/sim/plans.h"

#include <gtest/gtest.h>

#include "adapters/catalog.h"
#include "engine/config/diagnostic.h"
#include "routes/compile/compile_files.h"

namespace myelin::sim {
namespace {

// What the channels are; `@FACILITY@`, `@PARALLEL@` and `@ARCHIVE@` make the versions that reloads go between.
constexpr std::string_view kIntake = R"(channel: intake
about: everything goes four ways
version: "2.5.1"
source: { mllp: { listen: "127.0.0.1:2575" } }
accept: { types: [ADT^A08, ADT^A40] }
routes:
  lab:
    to: { mllp: { connect: "127.0.0.1:7002", timeout: 5s, connect_timeout: 2s } }
    order: { by: ["PID-3[1].1", "MRG-1[1].1"], parallel: @PARALLEL@ }
    steps: [ { set: { MSH-6: @FACILITY@ } } ]
    retry: { first: 1s, longest: 20s }
  ward:
    to: { mllp: { connect: "127.0.0.1:7003", timeout: 5s, connect_timeout: 2s } }
    order: none
    retry: { first: 1s, longest: 20s }
  next:
    to: { channel: second }
@ARCHIVE@)";
constexpr std::string_view kArchive = R"(  archive:
    to: { mllp: { connect: "127.0.0.1:7001", timeout: 5s, connect_timeout: 2s } }
    retry: { first: 1s, longest: 20s }
)";
constexpr std::string_view kSecond = R"(channel: second
about: what is handed over
version: "2.5.1"
source: { mllp: { listen: "127.0.0.1:2576" } }
routes:
  viewer:
    to: { mllp: { connect: "127.0.0.1:7004", timeout: 5s, connect_timeout: 2s } }
    retry: { first: 1s, longest: 20s }
    settle: each
)";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

Plans compiled(std::string_view facility, std::string_view parallel, bool archive) {
  auto text = replaced(std::string(kIntake), "@FACILITY@", facility);
  text = replaced(std::move(text), "@PARALLEL@", parallel);
  text = replaced(std::move(text), "@ARCHIVE@", archive ? kArchive : std::string_view());
  const auto result = routes::compile_text(text, adapters::catalog(), {{"channels/second.yaml", std::string(kSecond)}});
  for (const auto& mistake : result.diagnostics.sorted())
    ADD_FAILURE() << config::render(mistake, config::Colour::never);
  return result.plans;
}

}  // namespace

const std::vector<Plans>& versions() {
  static const std::vector<Plans> all{compiled("ONE", "4", true), compiled("TWO", "2", true),
                                      compiled("ONE", "4", false)};
  return all;
}

std::map<std::string, LaneRule> lanes() {
  return {{"intake/archive", {"intake", LaneOrder::fifo, 1, true}},
          {"intake/lab", {"intake", LaneOrder::keyed, 4, true}},
          {"intake/ward", {"intake", LaneOrder::none, kParallel, true}},
          {"intake/next", {"intake", LaneOrder::fifo, 1, false}},
          {"second/viewer", {"second", LaneOrder::fifo, 1, true}}};
}

}  // namespace myelin::sim
