// Aims: a version of the dictionary in under 5 ms, the groups of a 2 KB ORU in at most 5 µs, its validation in at most
// 20 µs.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>

#include "engine/hl7/group.h"
#include "engine/schema/dictionary.h"
#include "engine/schema/validate.h"

namespace myelin {
namespace {

void load_a_version(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        schema::Dictionary::read(static_cast<schema::Version>(state.range(0)), schema::embedded_facts()));
  }
}
BENCHMARK(load_a_version)->Arg(0)->Arg(6)->Arg(12)->Unit(benchmark::kMillisecond);

// A site with 200 segments of its own, of 20 fields each, and a table of 2,000 codes.
void load_a_version_with_a_sites_facts(benchmark::State& state) {
  std::string segments, tables = "9001\tWards\n";
  for (int segment = 0; segment < 200; ++segment) {
    const auto name =
        "Z" + std::string(1, static_cast<char>('A' + segment / 26)) + static_cast<char>('A' + segment % 26);
    segments += name + "\tOf the house\t2.1-2.8.2\n";
    for (int field = 1; field <= 20; ++field)
      segments += name + "-" + std::to_string(field) + "\tA field\t2.1-2.8.2:CWE*/250#9001\n";
  }
  for (int code = 0; code < 2000; ++code)
    tables += "9001.W" + std::to_string(code) + "\tWard " + std::to_string(code) + "\n";
  const schema::Facts site{segments, {}, tables, {}, {}};
  const auto made = schema::Dictionary::read(schema::Version::v2_5_1, schema::embedded_facts(), site);
  if (made.field("ZHR", 20) == nullptr || made.table(9001)->codes.size() != 2000) state.SkipWithError("it is not read");
  for (auto _ : state)
    benchmark::DoNotOptimize(schema::Dictionary::read(schema::Version::v2_5_1, schema::embedded_facts(), site));
}
BENCHMARK(load_a_version_with_a_sites_facts)->Unit(benchmark::kMillisecond);

hl7::Tree oru() {
  std::ifstream file(MYELIN_SOURCE_DIR "/tests/bench/oru.hl7", std::ios::binary);
  return hl7::Tree::parse(Bytes(std::string(std::istreambuf_iterator<char>(file), {}))).value();
}

void group_an_oru(benchmark::State& state) {
  const auto tree = oru();
  const auto& structure = *schema::Dictionary::of("2.5.1").structure("ORU_R01");
  for (auto _ : state) benchmark::DoNotOptimize(hl7::group(tree, structure));
  state.counters["segments"] = static_cast<double>(tree.segment_count());
}
BENCHMARK(group_an_oru)->Unit(benchmark::kMicrosecond);

void validate_an_oru(benchmark::State& state) {
  const auto tree = oru();
  const auto& rulebook = schema::Rulebooks::standard().of(schema::Version::v2_5_1);
  std::size_t found = 0;
  for (auto _ : state) found = schema::validate(tree, rulebook).all.size();
  state.counters["findings"] = static_cast<double>(found);
}
BENCHMARK(validate_an_oru)->Unit(benchmark::kMicrosecond);

void compile_a_rulebook(benchmark::State& state) {
  const auto& dictionary = schema::Dictionary::of(schema::Version::v2_5_1);
  for (auto _ : state) benchmark::DoNotOptimize(schema::Rulebook(dictionary, {}).severity(schema::Rule::type));
}
BENCHMARK(compile_a_rulebook)->Unit(benchmark::kMillisecond);

void find_a_field(benchmark::State& state) {
  const auto& dictionary = schema::Dictionary::of("2.5.1");
  for (auto _ : state) benchmark::DoNotOptimize(dictionary.field("PID", 5));
}
BENCHMARK(find_a_field);

}  // namespace
}  // namespace myelin
