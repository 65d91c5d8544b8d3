#include "engine/model/body.h"

#include <gtest/gtest.h>

#include "engine/model/xml_root.h"

namespace myelin {
namespace {

Result<Body> read(BodyKind kind, const std::string& text) { return Body::read(kind, Bytes(text), {}); }

FaultCode refusal(BodyKind kind, const std::string& text) {
  const auto body = read(kind, text);
  EXPECT_FALSE(body) << text;
  return body ? FaultCode::stopping : body.error().code;
}

TEST(Body, keeps_json_as_it_came_and_knows_what_it_says_that_it_is) {
  const std::string text = "{ \"resourceType\" : \"Patient\", \"n\": 1.50 }\n";
  const auto body = read(BodyKind::json, text);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->kind(), BodyKind::json);
  EXPECT_EQ(body->type(), "Patient");
  EXPECT_EQ(body->hl7(), nullptr);
  EXPECT_EQ(body->bytes().view(), text);
  EXPECT_EQ(body->wire({}, "8859/1")->view(), text);
  for (const auto* nameless : {"[1]", "{}", "7", "{\"resourceType\":7}", "{\"resourceType\":\"Berg, Ada\"}"})
    EXPECT_EQ(read(BodyKind::json, nameless)->type(), "") << nameless;
}

TEST(Body, takes_no_broken_json_and_no_invalid_utf8) {
  for (const auto* broken : {"{", "{} {}", "nothing", "{\"a\":\"\xff\"}", "{\"a\":1,\"a\":2}", "MSH|^~\\&|"})
    EXPECT_EQ(refusal(BodyKind::json, broken), FaultCode::not_json) << broken;
  EXPECT_EQ(refusal(BodyKind::json, ""), FaultCode::empty_message);
}

TEST(Body, keeps_xml_as_it_came_and_knows_its_root) {
  const std::string text = "\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- a > b --><cda:Document x='1'/>";
  const auto body = read(BodyKind::xml, text);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->type(), "cda:Document");
  EXPECT_EQ(body->bytes().view(), text);
  EXPECT_EQ(refusal(BodyKind::xml, "{}"), FaultCode::not_xml);
}

TEST(Body, takes_any_bytes_where_bytes_are_carried) {
  EXPECT_EQ(read(BodyKind::bytes, std::string("\0\xff", 2))->bytes().view(), std::string_view("\0\xff", 2));
  EXPECT_EQ(refusal(BodyKind::bytes, ""), FaultCode::empty_message);
}

TEST(Body, names_its_kinds) {
  for (const auto kind : {BodyKind::bytes, BodyKind::hl7, BodyKind::json, BodyKind::xml})
    EXPECT_EQ(parse_body_kind(name_of(kind)), kind);
  EXPECT_FALSE(parse_body_kind("yaml"));
}

TEST(XmlRoot, is_found_behind_all_that_may_stand_before_it) {
  EXPECT_EQ(xml_root("<a>"), "a");
  EXPECT_EQ(xml_root(" \n<a b=\">\">"), "a");
  EXPECT_EQ(xml_root("<!DOCTYPE a [ <!ENTITY b \"]>\"> <!-- ]> --> ]>\n<a/>"), "a");
  EXPECT_EQ(xml_root("<?a?><?b > ?><c>"), "c");
  for (const auto* none : {"", " ", "a", "<", "<>", "< a>", "<a", "<a b", "</a>", "<!-- a", "<?xml", "<!DOCTYPE a [",
                           "<!a>", "<a=b>", "<![CDATA[a]]>"})
    EXPECT_FALSE(xml_root(none)) << none;
}

}  // namespace
}  // namespace myelin
