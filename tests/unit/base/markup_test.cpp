#include "engine/base/markup.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

TEST(Markup, refers_to_each_character_that_would_be_read_as_markup) {
  EXPECT_EQ(escape_markup("<a b=\"1\" c='2'>&</a>", "?"), "&lt;a b=&quot;1&quot; c=&#39;2&#39;&gt;&amp;&lt;/a&gt;");
}

TEST(Markup, lets_no_control_character_through_but_those_that_are_kept) {
  EXPECT_EQ(escape_markup("a\r\nb\x1b\x7f", " "), "a  b  ");
  EXPECT_EQ(escape_markup("a\r\nb", " ", "\n"), "a \nb");
}

TEST(Markup, keeps_text_in_other_scripts) { EXPECT_EQ(escape_markup("Müller 山", ""), "Müller 山"); }

}  // namespace
}  // namespace myelin
