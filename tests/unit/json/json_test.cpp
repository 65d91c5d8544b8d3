#include "engine/fhir/json.h"

#include <gtest/gtest.h>

namespace myelin::json {
namespace {

std::string again(std::string_view text) {
  const auto read_back = read(text);
  return read_back ? write(*read_back) : "refused: " + to_string(read_back.error());
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, keeps_the_digits_of_a_number_as_written) {
  for (const auto* digits :
       {"1.50", "0", "-0", "-0.0", "1e5", "1E+05", "123456789012345678901234567890", "1.0000000000000000001"})
    EXPECT_EQ(again(digits), digits);
}

TEST(Json, keeps_the_order_of_keys) {
  EXPECT_EQ(again(R"({"z":1,"a":2,"m":{"y":[],"b":{}}})"), R"({"z":1,"a":2,"m":{"y":[],"b":{}}})");
}

TEST(Json, reads_each_kind_alone_at_the_top) {
  EXPECT_EQ(read(" true ")->truth(), true);
  EXPECT_EQ(read("false")->truth(), false);
  EXPECT_TRUE(read("null")->is_null());
  EXPECT_EQ(*read("\"a\"")->text(), "a");
  EXPECT_EQ(read("\n42\t")->integer(), 42);
  EXPECT_EQ(read("[]")->array()->size(), 0U);
  EXPECT_EQ(read("{}")->object()->size(), 0U);
}

TEST(Json, decodes_escapes_and_writes_the_shortest_form) {
  EXPECT_EQ(*read(R"("\u00e9\ud83d\ude00\/\"\\\n")")->text(), "\xC3\xA9\xF0\x9F\x98\x80/\"\\\n");
  EXPECT_EQ(write(Value("\x01\b\f\n\r\t\"\\/")), R"("\u0001\b\f\n\r\t\"\\/")");
}

TEST(Json, writes_bytes_that_are_no_utf8_as_replacement_characters) {
  EXPECT_EQ(write(Value(std::string("a\xFF\x62"))), "\"a\xEF\xBF\xBD\x62\"");
  EXPECT_EQ(write(Value(std::string("\xC3"))), "\"\xEF\xBF\xBD\"");                                  // cut short
  EXPECT_EQ(write(Value(std::string("\xC0\x80"))), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
  EXPECT_EQ(write(Value(std::string("\xED\xA0\x80"))), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // surrogate
}

TEST(Json, refuses_what_is_no_json) {
  for (const auto* text :
       {"",           " ",       "]",         "[",      "{",       "[1",          "[1,]",     "[,1]",    "[1 2]",
        "{\"a\":1,}", "{\"a\"}", "{\"a\" 1}", "{a:1}",  "{1:2}",   "1 2",         "1,2",      "1],[2",   "[1]]",
        "01",         "1.",      ".5",        "+1",     "1e",      "0x1",         "NaN",      "tru",     "truex",
        "nulll",      "'a'",     "\"a",       "\"\n\"", "\"\\x\"", "\"\\ud800\"", "\"\xFF\"", "// c\n1", "[{\"a\":1]",
        "[1}",        "\"a\"b"})
    EXPECT_FALSE(read(text)) << text;
}

TEST(Json, refuses_a_key_that_stands_twice) {
  EXPECT_FALSE(read(R"({"a":1,"b":2,"a":3})"));
  EXPECT_FALSE(read(R"({"a":1,"\u0061":3})"));
  EXPECT_TRUE(read(R"({"a":{"a":1},"b":{"a":1}})"));
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(read(many + "\"k100\":0}"));
  EXPECT_FALSE(read(many + "\"k3\":0}"));
}

TEST(Json, reads_64_levels_and_refuses_65) {
  EXPECT_TRUE(read(nested(64)));
  EXPECT_FALSE(read(nested(65)));
  std::string objects;
  for (int i = 0; i < 64; ++i) objects += "{\"a\":";
  EXPECT_TRUE(read(objects + "1" + std::string(64, '}')));
  EXPECT_FALSE(read("[" + objects + "1" + std::string(64, '}') + "]"));
  EXPECT_FALSE(read(nested(100'000)));
}

TEST(Json, says_where_it_stopped_and_repeats_nothing_of_the_content) {
  const auto refused = read(R"({"name":"Roe","age":x1})");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FaultCode::bad_request);
  EXPECT_EQ(refused.error().at, "byte 20");
  EXPECT_EQ(refused.error().detail.find("Roe"), std::string::npos);
  EXPECT_EQ(refused.error().detail.find("x1"), std::string::npos);
}

TEST(Json, is_built_by_set_and_push) {
  Value value;
  value.set("a", 1).set("b", true).set("a", "x").set("list", Value().push(1).push("2").push(Value()));
  EXPECT_EQ(write(value), R"({"a":"x","b":true,"list":[1,"2",null]})");
  EXPECT_EQ(write(value, Layout::pretty),
            "{\n  \"a\": \"x\",\n  \"b\": true,\n  \"list\": [\n    1,\n    \"2\",\n    null\n  ]\n}\n");
  EXPECT_EQ(write(Value(Object{}), Layout::pretty), "{}\n");
}

TEST(Json, is_looked_up_without_a_check_at_each_level) {
  const auto value = *read(R"({"error":{"code":"M0509","n":3,"yes":true}})");
  EXPECT_EQ(value["error"]["code"].text_or("none"), "M0509");
  EXPECT_EQ(value["error"]["n"].integer_or(0), 3);
  EXPECT_TRUE(value["error"]["yes"].truth_or(false));
  EXPECT_EQ(value["absent"]["code"].text_or("none"), "none");
  EXPECT_TRUE(value.has("error"));
  EXPECT_FALSE(value.has("code"));
}

TEST(Json, gives_an_integer_only_where_the_number_is_one) {
  EXPECT_EQ(read("9223372036854775807")->integer(), INT64_MAX);
  EXPECT_EQ(read("9223372036854775808")->integer(), std::nullopt);
  EXPECT_EQ(read("1.0")->integer(), std::nullopt);
  EXPECT_FALSE(Value::number("1.5x"));
}

}  // namespace
}  // namespace myelin::json
