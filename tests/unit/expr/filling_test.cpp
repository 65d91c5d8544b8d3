#include "routes/expr/filling.h"

#include "tests/unit/expr/sample.h"

namespace myelin::expr {
namespace {

Result<std::string> fill(const std::string& text, Encoding encoding, std::string_view of = sample::kMessage) {
  config::Diagnostics diagnostics;
  const auto filling = compile_filling(Template{"url", sample::node(text), encoding}, sample::scope(), diagnostics);
  for (const auto& diagnostic : diagnostics.sorted()) ADD_FAILURE() << diagnostic.code << " " << diagnostic.message;
  if (!filling) return fail(FaultCode::bad_value, "not compiled");
  const auto message = sample::message();
  Context context;
  context.message = &message;
  return filling->text(sample::body(of), context);
}

TEST(Filling, is_encoded_for_where_it_goes) {
  const std::string with = "{{ \"a/b?c&d <\" & 'ü\"' }}";
  EXPECT_EQ(*fill("http://h/" + with, Encoding::url), "http://h/a%2Fb%3Fc%26d%20%3C%C3%BC%22");
  EXPECT_EQ(*fill(with, Encoding::header), "a/b?c&d <%C3%BC\"");
  EXPECT_EQ(*fill("{ \"x\": \"" + with + "\" }", Encoding::json), "{ \"x\": \"a/b?c&d <ü\\\"\" }");
  EXPECT_EQ(*fill("<x>" + with + "</x>", Encoding::xml), "<x>a/b?c&amp;d &lt;ü&quot;</x>");
  EXPECT_EQ(*fill(with + ".hl7", Encoding::file_name), "a_b_c_d_____.hl7");
  EXPECT_EQ(*fill(with, Encoding::plain), "a/b?c&d <ü\"");
}

TEST(Filling, may_be_one_formula) { EXPECT_EQ(*fill("=PID-3.1", Encoding::header), "12345"); }

TEST(Filling, takes_nothing_that_would_make_another_path) {
  for (const auto* formula : {"{{ \"..\" }}", "{{ \".\" }}", "{{ PID-30 }}"}) {
    const auto text = fill(std::string("http://h/a/") + formula + "/b", Encoding::url);
    ASSERT_FALSE(text) << formula;
    EXPECT_EQ(text.error().code, FaultCode::bad_value);
    EXPECT_EQ(text.error().place, "case.yaml:1:1");
    EXPECT_TRUE(fill(std::string("http://h/a?b=") + formula, Encoding::url)) << formula;
  }
}

TEST(Filling, makes_no_broken_json_and_no_broken_xml) {
  EXPECT_TRUE(fill("{ \"n\": {{ OBX-5 }} }", Encoding::json));
  EXPECT_EQ(fill("{ \"n\": {{ PID-8 }} }", Encoding::json).error().code, FaultCode::not_json);
  EXPECT_EQ(fill("{{ PID-8 }}", Encoding::xml).error().code, FaultCode::not_xml);
}

TEST(Filling, replaces_nothing_that_is_not_utf8) {
  const std::string latin = "MSH|^~\\&|PAS\rPID|1||||M\xFCller\r";
  EXPECT_EQ(fill("{ \"n\": \"{{ PID-5.1 }}\" }", Encoding::json, latin).error().code, FaultCode::bad_charset);
  EXPECT_EQ(fill("<n>{{ PID-5.1 }}</n>", Encoding::xml, latin).error().code, FaultCode::bad_charset);
  EXPECT_EQ(*fill("http://h/{{ PID-5.1 }}", Encoding::url, latin), "http://h/M%FCller");
}

TEST(Filling, says_what_is_wrong_in_it) {
  for (const auto* wrong : {"http://h/{{ PID-3.1", "http://h/{{ upper( }}", "=OBX", "=PID-8 == \"F\""}) {
    config::Diagnostics diagnostics;
    EXPECT_EQ(compile_filling(Template{"url", sample::node(wrong), Encoding::url}, sample::scope(), diagnostics),
              nullptr);
    EXPECT_FALSE(diagnostics.ok()) << wrong;
  }
}

}  // namespace
}  // namespace myelin::expr
