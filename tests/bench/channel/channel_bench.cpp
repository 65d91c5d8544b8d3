// What a channel costs: an ADT through `accept`, ten steps and two routes, beside parsing and writing alone (the figure
// is 10 µs beyond those); compiling and checking 1,000 channels (2 s), and again with one of them changed (100 ms).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <map>
#include <string>

#include "adapters/catalog.h"
#include "routes/compile/compile_files.h"

namespace {

using namespace myelin;

constexpr std::string_view kAdmission =
    "MSH|^~\\&|PAS|WEST|LAB|WEST|20260304101500||ADT^A01^ADT_A01|B1|P|2.5.1\r"
    "EVN|A01|20260304101500|||77^HOUSE^GREG\r"
    "PID|1||4400123^^^WEST^MR~9999^^^GOV^NI||Verdonck^Anna^B||19700115|F|||Main St 1^^Town^^1234AB^NL||0201234567\r"
    "NK1|1|Verdonck^Bob|SPO|Main St 1^^Town\r"
    "PV1|1|I|W3^304^2|R|||77^House^Greg|||MED||||||||98765^^^WEST^VN\r"
    "AL1|1|DA|PEN^Penicillin\r"
    "ZPI|1|X\r";

constexpr std::string_view kChannel = R"(channel: NAME
version: "2.5.1"
zone: Europe/Amsterdam
source: { mllp: { listen: 127.0.0.1:0 } }
accept:
  types: [ADT^A01, ADT^A03, ADT^A08]
  validate:
    - require: [PID-3, PV1-2]
steps:
  - drop: pre-admissions
    when: PV1-2 == "P"
  - set:
      PID-5.1: =upper(PID-5.1)
      PID-5.2: =upper(PID-5.2)
  - map: { field: PID-8, table: sex, unmapped: park }
  - replace: { field: PID-13, pattern: "[^0-9+]", by: "" }
  - date: { field: PID-7, out: yyyyMMdd }
routes:
  lab:
    when: PV1-2 in ["I", "E"] and MSH-9.2 != "A03"
    to: lab
    steps:
      - set:
          MSH-5: LAB
          PV1-44: =coalesce(PV1-44, EVN-2)
      - delete: [ZPI]
      - insert: { ZBD: { ZBD-1: "{{ PV1-3.1 }}-{{ PV1-3.2 }}" } }
      - let: { ward: =PV1-3.1 }
      - clear: [PID-19]
  archive:
    to: lab
    order: none
)";

std::string channel(int number) {
  std::string text(kChannel);
  return text.replace(text.find("NAME"), 4, "c" + std::to_string(number));
}

routes::ConfigurationFiles configuration(int channels) {
  const auto source = [](const std::string& path, std::string text) {
    return std::make_shared<const config::SourceText>(path, std::move(text));
  };
  routes::ConfigurationFiles files;
  files.connections = source("connections.yaml", "lab: { kind: mllp, connect: 127.0.0.1:2601 }\n");
  files.tables.push_back(source("tables/sex.csv", "code,lab\nM,1\nF,2\n"));
  for (int number = 0; number < channels; ++number)
    files.channels.push_back(source("channels/c" + std::to_string(number) + ".yaml", channel(number)));
  return files;
}

Message message() {
  Message made;
  made.bytes = Bytes(std::string(kAdmission));
  made.received_at = WallTime(std::chrono::microseconds(1'772'360'100'000'000));
  made.channel = "c0";
  return made;
}

// Read once and written twice, as two routes do.
void parse_and_write(benchmark::State& state) {
  const auto received = message();
  for (auto _ : state) {
    for (int route = 0; route < 2; ++route) {
      auto body = Body::read(received.bytes, {});
      auto wire = body->wire({}, {});
      benchmark::DoNotOptimize(wire);
    }
  }
}
BENCHMARK(parse_and_write);

// Intake decides on the checks, the shared steps and each `when`; each lane works the steps out and writes.
void ten_steps_and_two_routes(benchmark::State& state) {
  const auto compiled = routes::compile_files(configuration(1), adapters::catalog());
  if (!compiled.diagnostics.ok() || compiled.plans.empty()) std::abort();
  const auto& plan = *compiled.plans.front();
  const auto received = message();
  for (auto _ : state) {
    for (const auto& route : plan.routes) {
      auto body = plan.read(received.bytes);
      const Body original(*body);
      Context context;
      context.message = &received;
      context.original = &original;
      if (&route == plan.routes.data()) benchmark::DoNotOptimize(run_steps(plan.accept.checks, *body, context));
      auto verdict = run_steps(plan.steps, *body, context);
      const bool wanted = !route.when || route.when->holds(*body, context);
      if (wanted && verdict.kind == Verdict::Kind::pass) verdict = run_steps(route.steps, *body, context);
      if (!wanted || verdict.kind != Verdict::Kind::pass) std::abort();
      auto wire = body->wire(plan.charset, route.charset);
      benchmark::DoNotOptimize(wire);
    }
  }
}
BENCHMARK(ten_steps_and_two_routes);

void compile_a_thousand_channels(benchmark::State& state) {
  const auto files = configuration(1000);
  for (auto _ : state) {
    const auto compiled = routes::compile_files(files, adapters::catalog());
    if (compiled.plans.size() != 1000) std::abort();
  }
}
BENCHMARK(compile_a_thousand_channels)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace

BENCHMARK_MAIN();
