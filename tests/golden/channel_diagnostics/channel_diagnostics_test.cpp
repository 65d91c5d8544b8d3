// Each file of cases/: a configuration with one mistake, and what `myelin check` says of it, to the column.
#include <gtest/gtest.h>

#include <set>

#include "routes/compile/compile_files.h"
#include "tests/golden/steps/golden_file.h"
#include "tests/unit/compile/fake_adapters.h"

namespace myelin {
namespace {

constexpr auto kFolder = MYELIN_SOURCE_DIR "/tests/golden/channel_diagnostics/cases";

// What a case has beside its channel, unless it brings its own.
const std::map<std::string, std::string> kUsual = {
    {"connections.yaml",
     "pas: { kind: mllp, listen: 127.0.0.1:2575 }\nlab: { kind: mllp, connect: 127.0.0.1:2601 }\nsite: { name: WEST "
     "}\n"},
    {"samples/a.hl7", "MSH|^~\\&|PAS|W|M|H|20260101||ADT^A01|1|P|2.5.1\rEVN|A01\rPID|1||1^^^W^MR||DOE^ANN||1970|F\r"},
};

std::string check(const testing::GoldenFile& file, std::set<std::string>* codes = nullptr) {
  auto others = kUsual;
  for (const auto& [title, text] : file.sections())
    if (!title.empty() && title != "expected") others[title] = text;
  const auto compiled = routes::compile_text(file.section(""), testing::fake_adapters(), others);
  EXPECT_EQ(compiled.diagnostics.all().size(), compiled.diagnostics.sorted().size()) << "counted twice";
  std::string said;
  for (const auto& mistake : compiled.diagnostics.sorted()) {
    said += config::render(mistake, config::Colour::never);
    if (!said.ends_with('\n')) said += '\n';
    if (codes) codes->insert(std::string(mistake.code));
  }
  return said;
}

class MistakeCase : public ::testing::TestWithParam<std::string> {};

TEST_P(MistakeCase, is_shown_with_its_code_and_place_and_what_to_do) {
  testing::GoldenFile file(GetParam());
  const auto said = check(file);
  EXPECT_FALSE(said.empty());
  file.expect(said);
}

INSTANTIATE_TEST_SUITE_P(Golden, MistakeCase, ::testing::ValuesIn(testing::golden_cases(kFolder)), testing::case_name);

TEST(MistakeGolden, draws_every_code_of_the_channel_compiler) {
  std::set<std::string> drawn;
  for (const auto& path : testing::golden_cases(kFolder)) check(testing::GoldenFile(path), &drawn);
  for (const auto& code : config::all_diagnostic_codes()) {
    const bool ours =
        code.id == "C0031" || (code.id >= "C0110" && code.id < "C0150") || (code.id >= "W0150" && code.id < "W0160");
    if (ours) {
      EXPECT_TRUE(drawn.contains(std::string(code.id))) << code.id << " " << code.title;
    }
  }
}

}  // namespace
}  // namespace myelin
