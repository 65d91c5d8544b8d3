// What `try` shows of a step that wrote to JSON or XML.
#include "engine/main/workbench/document_diff.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

std::vector<FieldChange> between(BodyKind kind, const std::string& before, const std::string& after) {
  return document_differences(Body(kind, Bytes(before)), Body(kind, Bytes(after)));
}

TEST(DocumentDifferences, names_places_in_json_as_formulas_do) {
  EXPECT_EQ(between(BodyKind::json, R"({"a": {"b": [1, {"c": "x"}]}, "gone": true, "odd key": null})",
                    R"({"a": {"b": [1.0, {"c": "y"}]}, "new": [], "odd key": "z"})"),
            (std::vector<FieldChange>{{"a.b[1]", "1", "1.0"},
                                      {"a.b[2].c", "x", "y"},
                                      {"gone", "true", ""},
                                      {"['odd key']", "null", "z"},
                                      {"new", "", "[]"}}));
}

TEST(DocumentDifferences, are_none_where_only_white_space_differs_in_json) {
  EXPECT_TRUE(between(BodyKind::json, R"({"a": 1})", R"({ "a" : 1 })").empty());
}

TEST(DocumentDifferences, shows_lines_of_xml) {
  EXPECT_EQ(between(BodyKind::xml, "<a>\n  <b>1</b>\n</a>\n", "<a>\n  <b>2</b>\n</a>\n"),
            (std::vector<FieldChange>{{"line", "<b>1</b>", "<b>2</b>"}}));
}

}  // namespace
}  // namespace myelin
