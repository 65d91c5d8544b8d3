#include "engine/base/markup.h"

namespace myelin {

std::string escape_markup(std::string_view text, std::string_view control, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (const auto reference = markup_reference(c); !reference.empty()) out += reference;
    else if (is_control && !kept.contains(c)) out += control;
    else out += c;
  }
  return out;
}

}  // namespace myelin
