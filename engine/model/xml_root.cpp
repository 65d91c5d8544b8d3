#include "engine/model/xml_root.h"

namespace myelin {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// Behind the next `end`; nothing when it does not come.
bool skip_past(std::string_view& text, std::string_view end) {
  const auto found = text.find(end);
  if (found == std::string_view::npos) return false;
  text.remove_prefix(found + end.size());
  return true;
}

// A document type may hold declarations in brackets, and these > and ].
bool skip_document_type(std::string_view& text) {
  char quote = 0;
  int depth = 0;
  while (!text.empty()) {
    const char c = text.front();
    if (quote == 0 && text.starts_with("<!--")) {
      if (!skip_past(text, "-->")) return false;
      continue;
    }
    text.remove_prefix(1);
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[') {
      ++depth;
    } else if (c == ']') {
      --depth;
    } else if (c == '>' && depth <= 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string_view> xml_root(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (!text.starts_with('<')) return std::nullopt;
    bool skipped = true;
    if (text.starts_with("<?")) skipped = skip_past(text, "?>");
    else if (text.starts_with("<!--")) skipped = skip_past(text, "-->");
    else if (text.starts_with("<!DOCTYPE")) skipped = skip_document_type(text);
    else break;
    if (!skipped) return std::nullopt;
  }
  text.remove_prefix(1);
  const auto end = text.find_first_of(" \t\r\n/>");
  if (end == 0 || end == std::string_view::npos) return std::nullopt;
  const auto name = text.substr(0, end);
  if (name.find_first_of("<&!\"'=") != std::string_view::npos) return std::nullopt;
  return skip_past(text, ">") ? std::optional(name) : std::nullopt;
}

}  // namespace myelin
