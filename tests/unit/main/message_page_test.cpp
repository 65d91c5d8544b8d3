// The page of a message: everything is there, and nothing of it is more than text.
#include "engine/main/workbench/message_page.h"

#include <gtest/gtest.h>

#include "engine/schema/validate.h"
#include "tests/unit/hl7/samples.h"

namespace myelin {
namespace {

std::string page(const std::string& message) {
  const auto tree = hl7::samples::tree(message);
  return message_page("a.hl7", tree, schema::validate(tree, schema::Rulebooks::standard()));
}

const std::string kAdt =
    "MSH|^~\\&|PAS|WARD|LAB|HOUSE|20260114093000||ADT^A01^ADT_A01|1|P|2.5.1\r"
    "EVN||20260114093000\r"
    "PID|1||4711^^^HOUSE^MR||Muster^Anna||1970-02-03|F\r";

TEST(MessagePage, shows_places_names_values_and_meanings) {
  const auto html = page(kAdt);
  EXPECT_TRUE(html.contains("<td>PID-5.1<td>Family Name<td>Muster")) << html;
  EXPECT_TRUE(html.contains("<td>F <span class=quiet>= Female</span>")) << html;
  EXPECT_TRUE(html.contains("<h2>PID <span>Patient Identification</span></h2>")) << html;
}

TEST(MessagePage, marks_what_is_wrong_where_it_stands) {
  const auto html = page(kAdt);
  EXPECT_TRUE(html.contains("<ul><li><span class=\"mark error\">error: PV1 is missing in ADT_A01</span></ul>")) << html;
  const auto at = html.find("<tr class=\"d0 error\"><td>PID-7<");
  ASSERT_NE(at, std::string::npos) << html;
  EXPECT_TRUE(html.substr(at, 250).contains("mark error")) << html.substr(at, 250);
}

TEST(MessagePage, lets_no_markup_through) {
  auto message = kAdt;
  message.replace(message.find("Muster"), 6, "<script>alert('1')</script><img src=\"x\">&");
  const auto html = page(message);
  EXPECT_FALSE(html.contains("<script")) << html;
  EXPECT_FALSE(html.contains("<img")) << html;
  EXPECT_TRUE(html.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;")) << html;
  EXPECT_TRUE(html.contains("default-src 'none'"));
}

TEST(MessagePage, does_not_print_megabytes) {
  const auto html = page(kAdt + "OBX|1|ED|1^a||^APPLICATION^PDF^Base64^" + std::string(1'000'000, 'A') + "||||||F\r");
  EXPECT_LT(html.size(), 50'000U);
  EXPECT_TRUE(html.contains("bytes in all")) << html.size();
}

}  // namespace
}  // namespace myelin
