#include "engine/base/printable.h"

#include <gtest/gtest.h>

namespace myelin {
namespace {

TEST(Printable, shows_control_characters_instead_of_sending_them) {
  EXPECT_EQ(printable("a\x1b]0;owned\x07z"), "a␛]0;owned␇z");
  EXPECT_EQ(printable("\r\n\t\x7f"), "␍␊␉␡");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "␀");
}

TEST(Printable, shows_no_byte_that_a_terminal_might_take_for_a_control) {
  EXPECT_EQ(printable("Kr\xF6ll \x9b"
                      "2J"),
            "Kr\uFFFDll \uFFFD2J");
  EXPECT_EQ(printable("\xC2\x9b"
                      "2J"),
            "\uFFFD2J");  // U+009B, as UTF-8
  EXPECT_EQ(printable("Kröll ␛ \xC2\xA0|"), "Kröll ␛ \xC2\xA0|");
}

TEST(Printable, leaves_the_colours_and_line_ends_of_our_own_lines) {
  EXPECT_EQ(printable_lines("\x1b[1;31merror\x1b[0m\n\tx"), "\x1b[1;31merror\x1b[0m\n\tx");
  EXPECT_EQ(printable_lines("\x1b[2J\x1b[8mx\x1b[31"), "␛[2J␛[8mx␛[31");
  EXPECT_EQ(printable_lines("a\rb"), "a␍\nb");
}

}  // namespace
}  // namespace myelin
