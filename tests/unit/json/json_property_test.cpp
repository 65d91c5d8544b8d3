// Round trips of arbitrary trees, and arbitrary damage: our reader accepts exactly what simdjson's complete parser
// does, but for the limits of our own.
#include <simdjson.h>

#include "engine/fhir/json.h"
#include "tests/property.h"

namespace myelin::json {
namespace {

rc::Gen<Value> any_value(int depth) {
  auto leaf =
      rc::gen::oneOf(rc::gen::just(Value()), rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Value(b); }),
                     rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) { return Value(n); }),
                     rc::gen::map(rc::gen::elementOf(std::vector<std::string>{"1.50", "-0.0", "1e400", "7E-05"}),
                                  [](const std::string& digits) { return *Value::number(digits); }),
                     rc::gen::map(rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)),
                                  [](std::string text) { return Value(std::move(text)); }));
  if (depth == 0) return leaf;
  auto list = rc::gen::map(rc::gen::container<std::vector<Value>>(any_value(depth - 1)),
                           [](std::vector<Value> items) { return Value(Array(std::move(items))); });
  auto object = rc::gen::map(rc::gen::container<std::map<std::string, Value>>(
                                 rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)), any_value(depth - 1)),
                             [](const std::map<std::string, Value>& members) {
                               Value made{Object{}};
                               for (const auto& [key, value] : members) made.set(key, value);
                               return made;
                             });
  return rc::gen::oneOf(leaf, list, object);
}

RC_GTEST_PROP(Json, what_is_written_is_read_as_the_same, ()) {
  const auto value = *rc::gen::resize(12, any_value(2));
  const auto compact = read(write(value));
  const auto pretty = read(write(value, Layout::pretty));
  RC_ASSERT(compact.has_value());
  RC_ASSERT(*compact == value);
  RC_ASSERT(pretty.has_value());
  RC_ASSERT(*pretty == value);
}

bool complete_parser_accepts(const std::string& text) {
  simdjson::dom::parser parser;
  return !parser.parse(text).error();
}

RC_GTEST_PROP(Json, damaged_text_is_accepted_only_where_a_complete_parser_accepts_it, ()) {
  std::string text = R"([{"a":[1,2.50,-3e2],"b":"x\u00e9\n"},null,true,false,{"c":{}},"",[[]]])";
  const auto hits = *rc::gen::inRange(1, 4);
  for (int hit = 0; hit < hits && !text.empty(); ++hit) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const auto piece = *rc::gen::elementOf(std::vector<std::string>{"", ",", "]", "[", "}", "{", "\"", ":", "0", "-",
                                                                    ".", "e", "t", " ", "\\", "\xFF", "1,", "null"});
    text.replace(at, *rc::gen::inRange<std::size_t>(0, 3), piece);
  }
  RC_ASSERT(read(text).has_value() == complete_parser_accepts(text));
}

TEST(Json, refuses_every_prefix_of_an_object) {
  const std::string text = R"({"a":[1,{"b":"c"},null],"d":{"e":-1.5e3}})";
  for (std::size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(read(text.substr(0, size))) << size;
}

}  // namespace
}  // namespace myelin::json
