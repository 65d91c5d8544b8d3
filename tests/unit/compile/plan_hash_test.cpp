// The hash of a plan, by which a reload tells what changed: it has all that the channel uses, and nothing else.
#include "tests/unit/compile/channel_sample.h"

namespace myelin::routes {
namespace {

std::string hash_of(std::string_view channel, const Others& others) {
  const auto result = compiled(channel, others);
  return result.plans.empty() ? "" : result.plans[0]->hash;
}

TEST(PlanHash, changes_with_everything_that_the_channel_uses) {
  const auto before = hash_of(kChannel, usual());
  EXPECT_EQ(hash_of(kChannel, usual()), before);
  EXPECT_NE(hash_of(with(kChannel, "Admissions", "Admission"), usual()), before);
  auto table = usual();
  table["tables/sex.csv"] += "U,9\n";
  EXPECT_NE(hash_of(kChannel, table), before);
  auto connection = usual();
  connection["connections.yaml"] = with(kConnections, "2601", "2699");
  EXPECT_NE(hash_of(kChannel, connection), before);
}

TEST(PlanHash, stays_when_only_others_change) {
  const auto before = hash_of(kChannel, usual());
  auto others = usual();
  others["tables/other.csv"] = "code,lab\nX,1\n";
  others["connections.yaml"] = with(kConnections, "WEST", "EAST") + "ehr: { kind: mllp, connect: 127.0.0.1:2603 }\n";
  EXPECT_EQ(hash_of(kChannel, others), before);
}

TEST(PlanHash, changes_with_a_block_and_with_a_table_that_only_a_formula_names) {
  const auto text = with(kChannel, "steps:\n  - drop",
                         "steps:\n  - use: tidy\n  - set:\n      PID-9: =lookup(\"words\", PID-8)\n  - drop");
  auto others = usual();
  others["blocks/tidy.yaml"] = "block: tidy\nsteps:\n  - delete: [ZPI]\n";
  others["tables/words.csv"] = "code,word\nM,male\n";
  const auto before = hash_of(text, others);
  auto block = others;
  block["blocks/tidy.yaml"] += "  - delete: [ZPX]\n";
  EXPECT_NE(hash_of(text, block), before);
  auto table = others;
  table["tables/words.csv"] += "F,female\n";
  EXPECT_NE(hash_of(text, table), before);
  const auto checked = compiled(text, others);
  for (const auto& mistake : checked.diagnostics.all()) EXPECT_NE(mistake.code, "W0151") << mistake.message;
}

TEST(PlanHash, fingerprints_the_source_so_that_a_listener_restarts_only_when_it_must) {
  const auto before = compiled(kChannel).plans.at(0)->source_fingerprint;
  EXPECT_EQ(compiled(with(kChannel, "Admissions", "More")).plans.at(0)->source_fingerprint, before);
  auto others = usual();
  others["connections.yaml"] = with(kConnections, "2575", "2585");
  EXPECT_NE(compiled(kChannel, others).plans.at(0)->source_fingerprint, before);
}

TEST(PlanHash, is_another_when_a_channel_that_it_feeds_names_another_fact) {
  const auto hash_of_front = [](const std::string& fact) {
    const auto result = compiled(
        "",
        with_tls(usual(),
                 {
                     {"channels/front.yaml", "channel: front\nsource: web\nroutes:\n  b: { to: { channel: back } }\n"},
                     {"channels/back.yaml", "channel: back\nsource: { channel: {} }\nroutes:\n  lab:\n    when: " +
                                                fact + " == \"1\"\n    to: lab\n"},
                 }));
    EXPECT_EQ(result.plans.size(), 2U);
    return result.plans.at(1)->hash;
  };
  EXPECT_EQ(hash_of_front("$user"), hash_of_front("MSH-10"));
  EXPECT_NE(hash_of_front("$header.a"), hash_of_front("MSH-10"));
}

}  // namespace
}  // namespace myelin::routes
