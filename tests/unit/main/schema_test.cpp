// schemas/*.schema.json are what the declarations say; editors of our users point to them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "adapters/catalog.h"
#include "engine/fhir/json.h"
#include "routes/compile/json_schema.h"

namespace myelin {
namespace {

TEST(Schema, stands_in_the_repository_as_the_declarations_say) {
  const char* bless = std::getenv("MYELIN_BLESS");
  for (const auto name : routes::schema_names()) {
    const auto path = MYELIN_SOURCE_DIR "/schemas/" + std::string(name) + ".schema.json";
    const auto should = routes::json_schema(name, adapters::catalog());
    if (bless && std::string_view(bless) == "1") {
      std::ofstream(path, std::ios::binary) << should;
      continue;
    }
    std::ifstream file(path, std::ios::binary);
    const std::string now{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(now == should, true) << path << " (MYELIN_BLESS=1 writes what the declarations say)";
  }
}

TEST(Schema, has_each_word_where_it_may_stand) {
  const auto schema = json::read(routes::json_schema("channel", adapters::catalog()));
  ASSERT_TRUE(schema);
  const auto& steps = (*schema)["$defs"]["step"]["properties"];
  EXPECT_TRUE(steps.has("set"));
  EXPECT_TRUE((*schema)["$defs"]["route"]["properties"].has("keep"));
  EXPECT_FALSE(steps.has("reject")) << "it stands in accept: validate:";
  EXPECT_TRUE((*schema)["$defs"]["check"]["properties"].has("reject"));
}

TEST(Schema, names_every_adapter_with_its_options) {
  const auto schema = json::read(routes::json_schema("channel", adapters::catalog()));
  ASSERT_TRUE(schema);
  for (const auto& kind : adapters::catalog()) EXPECT_TRUE((*schema)["$defs"]["inline"]["properties"].has(kind.name));
}

TEST(Schema, is_empty_for_a_name_that_is_none) { EXPECT_EQ(routes::json_schema("chanel", adapters::catalog()), ""); }

}  // namespace
}  // namespace myelin
