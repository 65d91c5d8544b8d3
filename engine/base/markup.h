// Text inside HTML and XML: what would be read as markup becomes a character reference.
#pragma once

#include <string>
#include <string_view>

namespace myelin {

// "&lt;" for '<'; nothing for what stands for itself. Good for content and for attribute values in either quotes.
constexpr std::string_view markup_reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

// All of `text`; each control character (XML 1.0 allows hardly one) becomes `control`, but those in `kept`.
std::string escape_markup(std::string_view text, std::string_view control, std::string_view kept = {});

}  // namespace myelin
