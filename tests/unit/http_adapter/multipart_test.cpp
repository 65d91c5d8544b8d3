#include "adapters/http/multipart.h"

#include <gtest/gtest.h>

namespace myelin::http {
namespace {

const std::string kType = "multipart/form-data; boundary=\"x y\"";

std::string said(const std::string& body, const std::string& type = kType) {
  const auto parts = read_multipart(type, body);
  return parts ? "" : parts.error().detail;
}

TEST(Multipart, gives_the_parts_of_a_form_byte_for_byte) {
  const std::string message = "MSH|^~\\&|A\r\n--x\r\xff\r\n";
  const std::string body =
      "preamble\r\n--x y\r\nContent-Disposition: form-data; name=\"ward\"\r\n\r\nW1\r\n"
      "--x y  \r\ncontent-disposition: form-data; name=m; filename=\"a;\\\"b.hl7\"\r\n"
      "Content-Type: text/plain\r\n\r\n" +
      message + "\r\n--x y--\r\nepilogue";
  const auto parts = read_multipart(kType, body);
  ASSERT_TRUE(parts) << parts.error().detail;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].name, "ward");
  EXPECT_EQ((*parts)[0].content, "W1");
  EXPECT_FALSE((*parts)[0].file);
  EXPECT_EQ((*parts)[1].name, "m");
  EXPECT_TRUE((*parts)[1].file);
  EXPECT_EQ((*parts)[1].content_type, "text/plain");
  EXPECT_EQ((*parts)[1].content, message);
}

TEST(Multipart, takes_a_part_without_fields_and_one_without_content) {
  const auto parts = read_multipart("multipart/mixed; boundary=b", "--b\r\n\r\nMSH\r\n--b\r\nX: y\r\n\r\n\r\n--b--");
  ASSERT_TRUE(parts) << parts.error().detail;
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].content, "MSH");
  EXPECT_EQ((*parts)[1].content, "");
}

TEST(Multipart, does_not_take_for_a_boundary_what_only_begins_like_one) {
  const auto parts = read_multipart("multipart/mixed; boundary=b", "--b\r\n\r\none\r\n--bb\r\ntwo\r\n--b--");
  ASSERT_TRUE(parts) << parts.error().detail;
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_EQ((*parts)[0].content, "one\r\n--bb\r\ntwo");
}

TEST(Multipart, says_what_is_wrong_with_a_body) {
  EXPECT_NE(said("--x y--\r\n").find("has no part"), std::string::npos);
  EXPECT_NE(said("nothing").find("has no boundary"), std::string::npos);
  EXPECT_NE(said("--x y\r\n\r\nMSH").find("ends without its last boundary"), std::string::npos);
  EXPECT_NE(said("--x y\r\nno field\r\n\r\nMSH\r\n--x y--").find("no field"), std::string::npos);
  EXPECT_NE(said("--x y\r\nA: b\r\n--x y--").find("without an empty line"), std::string::npos);
  EXPECT_NE(said("--x y\r\nContent-Transfer-Encoding: base64\r\n\r\nTVNI\r\n--x y--").find("as they are"),
            std::string::npos);
  EXPECT_NE(said("--x y\r\nA: " + std::string(9000, 'a') + "\r\n\r\nM\r\n--x y--").find("too many fields"),
            std::string::npos);
  std::string many;
  for (int i = 0; i < 101; ++i) many += "--x y\r\n\r\nM\r\n";
  EXPECT_NE(said(many + "--x y--").find("more than 100"), std::string::npos);
  for (const auto* type : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; other=b"})
    EXPECT_NE(said("--b\r\n\r\nM\r\n--b--", type).find("names its boundary"), std::string::npos) << type;
  EXPECT_NE(said("--b\r\n", "multipart/mixed; boundary=" + std::string(71, 'b')).find("1 to 70"), std::string::npos);
}

Part part(const std::string& name, bool file) { return Part{name, file, {}, name}; }

TEST(Multipart, knows_which_part_is_the_message_or_says_that_it_does_not) {
  EXPECT_EQ(message_part({part("a", false)}, "")->name, "a");
  EXPECT_EQ(message_part({part("a", false), part("b", true)}, "")->name, "b");
  EXPECT_EQ(message_part({part("a", true), part("b", true)}, "a")->name, "a");
  for (const auto& refused :
       {message_part({part("a", true), part("b", true)}, ""), message_part({part("a", false), part("b", false)}, ""),
        message_part({part("a", true)}, "m"), message_part({part("m", true), part("m", true)}, "m")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, FaultCode::bad_request);
  }
}

}  // namespace
}  // namespace myelin::http
