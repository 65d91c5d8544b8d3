// Parsing and indexing a 2 KB ORU (segments and fields; the figure is 1 GB/s on one core), the twins of its scan, and
// what intake does with every message: the header and the acknowledgement.
#include <benchmark/benchmark.h>

#include <string>

#include "engine/hl7/ack.h"
#include "engine/hl7/scan.h"
#include "engine/hl7/tree.h"

namespace {

using namespace myelin;
using namespace myelin::hl7;

// Sixteen results of an invented patient, about 2 KB, as laboratories send them.
std::string oru() {
  std::string message =
      "MSH|^~\\&|LIS^1.2.3.4^ISO|LAB|EHR|HOSPITAL|20260114093000+0100||ORU^R01^ORU_R01|LAB000000123|P|2.5.1|||AL|NE||"
      "UNICODE UTF-8\r"
      "PID|1||4711^^^HOSPITAL&1.2.3&ISO^MR||Muster^Anna^B^^Dr||19700203|F|||Musterweg 1^^Musterstadt^^12345^DE||+49 30 "
      "1234\r"
      "PV1|1|I|WARD^12^B^HOSPITAL||||1234^Arzt^Ada|||MED||||||||98765^^^HOSPITAL^VN\r"
      "OBR|1|A1^EHR|B1^LIS|24323-8^Comprehensive "
      "panel^LN|||20260114080000|||||||||1234^Arzt^Ada||||||20260114092500||LAB|F\r";
  for (int i = 1; i <= 16; ++i) {
    message += "OBX|" + std::to_string(i) + "|NM|2345-7^Glucose in serum^LN^GLU^Glucose^L||5." + std::to_string(i) +
               "|mmol/l^^UCUM|3.9-6.1|N|||F|||20260114080000||AUTO\r";
  }
  return message;
}

void parse_and_index(benchmark::State& state) {
  const Bytes message{oru()};
  for (auto _ : state) {
    auto tree = Tree::parse(message);
    benchmark::DoNotOptimize(tree);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(parse_and_index);

void scan_only(benchmark::State& state) {
  const auto message = oru();
  ScanMarks found;
  for (auto _ : state) {
    benchmark::DoNotOptimize(scan(static_cast<ScanTwin>(state.range(0)), message, '|', SIZE_MAX, found));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(scan_only)->ArgName("twin")->Arg(0)->Arg(1)->Arg(2);

void read_a_header(benchmark::State& state) {
  const auto message = oru();
  for (auto _ : state) benchmark::DoNotOptimize(read_header(message));
}
BENCHMARK(read_a_header);

void make_an_ack(benchmark::State& state) {
  const auto message = oru();
  const AckFacts facts{"AA", "01K2Z9Q7M4X", WallTime{}, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(make_ack(message, facts));
}
BENCHMARK(make_an_ack);

void edit_and_write_back(benchmark::State& state) {
  const Bytes message{oru()};
  const auto parsed = Tree::parse(message);
  for (auto _ : state) {
    auto tree = *parsed;
    benchmark::DoNotOptimize(tree.write_raw(Spot{1, 8, 0, 0, 0}, "U"));
    benchmark::DoNotOptimize(tree.bytes());
  }
}
BENCHMARK(edit_and_write_back);

}  // namespace
