// Checks of raw text and the re-reading of lines that the YAML parser could not read.
#include "engine/config/yaml_hints.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

#include "engine/base/printable.h"
#include "engine/config/node.h"
#include "engine/config/open_quote.h"
#include "engine/config/yaml_position.h"

namespace myelin::config {

namespace {

constexpr std::size_t kMaxRawMistakes = 20;

bool is_word(char byte) { return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '_' || byte == '-'; }

// The first word of a value and what quotes and brackets are open, read from one line the way an analyst does.
struct Line {
  std::string_view text;
  std::size_t begin = 0;                  // of the line, in the file
  std::size_t value = std::string::npos;  // byte in the line where the value of its first key begins
  std::string_view key;
};

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

Line read_line(const SourceText& source, int number) {
  Line line;
  line.text = source.line(number);
  line.begin = static_cast<std::size_t>(line.text.data() - source.content().data());
  std::size_t at = skip_blanks(line.text, 0);
  while (line.text.substr(at).starts_with("- ")) at = skip_blanks(line.text, at + 2);
  const std::size_t key = at;
  if (at < line.text.size() && (line.text[at] == '"' || line.text[at] == '\'')) {
    const std::size_t close = line.text.find(line.text[at], at + 1);
    if (close != std::string_view::npos) at = close + 1;
  }
  while (at < line.text.size() && !(line.text[at] == ':' && (at + 1 == line.text.size() || line.text[at + 1] == ' ')))
    ++at;
  if (at < line.text.size()) {
    line.key = line.text.substr(key, at - key);
    line.value = skip_blanks(line.text, at + 1);
  } else {
    line.value = key;  // an item of a list, or text that goes on
  }
  return line;
}

// Without a comment and blanks at the end.
std::string_view value_text(const Line& line) {
  std::string_view text = line.text.substr(std::min(line.value, line.text.size()));
  if (const auto comment = text.find(" #"); comment != std::string_view::npos) text = text.substr(0, comment);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string as_key(const Line& line, std::string_view value) {
  if (line.key.empty()) return "write " + quoted_form(value);
  return "write " + std::string(line.key) + ": " + quoted_form(value);
}

// In `[PID-3[2], PID-4]` and `{ field: PID[*]-8 }` YAML takes the inner bracket as its own.
std::optional<std::pair<std::size_t, std::size_t>> path_in_brackets(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char byte = text[at];
    if (quote) {
      if (byte == quote) quote = 0;
    } else if ((byte == '"' || byte == '\'') && (at == 0 || !is_word(text[at - 1]))) {
      quote = byte;
    } else if (byte == '[' && depth > 0 && at > 0 && (is_word(text[at - 1]) || text[at - 1] == ']')) {
      std::size_t from = at;
      while (from > 0 && (is_word(text[from - 1]) || text[from - 1] == '/' || text[from - 1] == '=')) --from;
      std::size_t to = at;
      for (int open = 0; to < text.size(); ++to) {
        if (text[to] == '[') ++open;
        if (text[to] == ']' && --open < 0) break;
        if (open == 0 && (text[to] == ',' || text[to] == '}' || text[to] == ' ')) break;
      }
      return std::pair(from, to - from);
    } else if (byte == '[' || byte == '{') {
      ++depth;
    } else if ((byte == ']' || byte == '}') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

class ParseErrorReader {
 public:
  ParseErrorReader(const std::shared_ptr<const SourceText>& source, std::size_t position, std::string_view reason,
                   Diagnostics& diagnostics)
      : source_(source), reason_(reason), diagnostics_(diagnostics), stopped_(line_byte(*source, position)) {}

  void explain() {
    if (quote_of_another_line()) return;
    for (int number = stopped_.line; number >= std::max(1, stopped_.line - 1); --number) {
      // A parser often stops one line behind the mistake; a blank line holds none.
      const Line line = read_line(*source_, number);
      if (line.text.find_first_not_of(' ') == std::string_view::npos) continue;
      if (brackets(line) || reserved_start(line) || anchor(line) || tag(line) || unclosed_quote(line) ||
          after_quote(line) || two_colons(line) || missing_blank(line))
        return;
    }
    if (earlier_unclosed_quote() || unclosed_bracket()) return;
    Place place = place_at(source_, position_of(stopped_), 0);
    diagnostics_.add("C0050", place, "this is not valid YAML: " + std::string(reason_),
                     "look at the indentation, quotes and brackets here and in the line above");
  }

 private:
  std::size_t position_of(LineByte where) const {
    const Line line = read_line(*source_, where.line);
    return line.begin + static_cast<std::size_t>(where.byte);
  }
  bool says(std::string_view word) const { return reason_.find(word) != std::string_view::npos; }
  bool add(std::string_view code, const Line& line, std::size_t from, std::size_t length, std::string message,
           std::string hint) {
    diagnostics_.add(code, place_at(source_, line.begin + from, line.begin + from + length), std::move(message),
                     std::move(hint));
    return true;
  }

  bool brackets(const Line& line) {
    const auto found = path_in_brackets(line.text);
    if (!found) return false;
    std::string_view path = line.text.substr(found->first, found->second);
    if (path.ends_with(':')) path.remove_suffix(1);  // it is a key
    return add("C0068", line, found->first, path.size(), "inside [ ] and { } a path with [ ] must be quoted",
               "write " + quoted_form(path) + ", or give it a line of its own");
  }

  bool reserved_start(const Line& line) {
    const std::string_view value = value_text(line);
    if (value.empty() || (value[0] != '%' && value[0] != '@' && value[0] != '`')) return false;
    return add("C0067", line, line.value, 1,
               std::string("YAML keeps ") + value[0] + " at the start of a value to itself", as_key(line, value));
  }

  bool anchor(const Line& line) {
    if (!says("alias") && !says("anchor")) return false;
    const std::size_t at = line.text.find_first_of("*&");
    if (at == std::string_view::npos) return false;
    std::size_t end = at;
    while (end < line.text.size() && line.text[end] != ' ' && line.text[end] != ',' && line.text[end] != ']' &&
           line.text[end] != '}')
      ++end;
    const std::string_view word = line.text.substr(at, end - at);
    return add("C0052", line, at, word.size(),
               "YAML reads this as an anchor or alias, which the language does not have", "write " + quoted_form(word));
  }

  bool tag(const Line& line) {
    if (!says("tag")) return false;
    const std::size_t at = line.text.find('!');
    if (at == std::string_view::npos) return false;
    const std::string_view value = value_text(line);
    return add("C0054", line, at, 1, "YAML reads ! as a tag, which the language does not have",
               value.starts_with('!') ? as_key(line, value) : "quote the value");
  }

  static bool opens_quote(const Line& line) {
    const std::string_view value = value_text(line);
    if (value.empty() || (value[0] != '"' && value[0] != '\'')) return false;
    for (std::size_t at = 1; at < value.size(); ++at) {
      if (value[0] == '"' && value[at] == '\\') {
        ++at;
      } else if (value[at] == value[0]) {
        if (value[0] == '\'' && at + 1 < value.size() && value[at + 1] == '\'') ++at;
        else return false;
      }
    }
    return true;
  }

  bool unclosed_quote(const Line& line) {
    if (!says("EOF in scalar") && !says("document indicator in scalar")) return false;
    if (!opens_quote(line)) return false;
    return add("C0071", line, line.value, 1, "this quote is never closed", as_key(line, value_text(line).substr(1)));
  }

  // A quote that ended in the next quoted value, so that the parser stopped there.
  bool quote_of_another_line() {
    const auto open = quote_left_open(source_->content(), position_of(stopped_));
    if (!open) return false;
    const Line line = read_line(*source_, line_byte(*source_, *open).line);
    const bool whole = *open == line.begin + line.value;  // not inside [ ] or { }
    return add("C0071", line, *open - line.begin, 1, "this quote is never closed",
               whole ? as_key(line, value_text(line).substr(1)) : "close it in this line");
  }

  bool earlier_unclosed_quote() {
    if (!says("EOF in scalar") && !says("document indicator in scalar")) return false;
    for (int number = stopped_.line; number > 0; --number)
      if (unclosed_quote(read_line(*source_, number))) return true;
    return false;
  }

  bool after_quote(const Line& line) {
    const std::string_view value = value_text(line);
    if (value.empty() || (value[0] != '"' && value[0] != '\'')) return false;
    const std::size_t close = value.find(value[0], 1);
    if (close == std::string_view::npos || close + 1 >= value.size()) return false;
    const std::size_t more = skip_blanks(value, close + 1);
    std::string whole = value[0] == '"' ? "'" + std::string(value) + "'" : "\"" + std::string(value) + "\"";
    return add("C0071", line, line.value + more, value.size() - more, "text goes on after the closing quote",
               whole.size() < 80 ? "quote the whole of it: " + whole : "quote the whole of it");
  }

  bool two_colons(const Line& line) {
    if (line.key.empty()) return false;
    const std::string_view value = value_text(line);
    if (value.empty() || value[0] == '"' || value[0] == '\'' || value[0] == '{' || value[0] == '[') return false;
    std::size_t colon = value.find(": ");
    if (colon == std::string_view::npos && value.ends_with(':')) colon = value.size() - 1;
    if (colon == std::string_view::npos) return false;
    return add("C0066", line, line.value + colon, 1, "a second ': ' in one line makes a second key",
               as_key(line, value));
  }

  bool missing_blank(const Line& line) {
    if (!line.key.empty()) return false;
    const std::string_view text = value_text(line);
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 >= text.size()) return false;
    if (!std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_word)) return false;
    return add("C0066", line, line.value + colon, 1, "a blank is missing after the colon",
               "write " + std::string(text.substr(0, colon)) + ": " + std::string(text.substr(colon + 1, 60)));
  }

  // Up to ten lines above: a line that opens more [ or { than are closed up to here.
  bool unclosed_bracket() {
    if (!says("flow not found") && !says("illegal flow end")) return false;
    int missing = 0;
    for (int number = stopped_.line; number > std::max(0, stopped_.line - 10); --number) {
      const Line line = read_line(*source_, number);
      for (std::size_t at = line.text.size(); at-- > 0;) {
        if (line.text[at] == ']' || line.text[at] == '}') ++missing;
        if ((line.text[at] == '[' || line.text[at] == '{') && --missing < 0)
          return add("C0072", line, at, 1, "this bracket is never closed",
                     std::string("close it with ") + (line.text[at] == '[' ? "]" : "}") + " before the next key");
      }
    }
    return false;
  }

  const std::shared_ptr<const SourceText>& source_;
  std::string_view reason_;
  Diagnostics& diagnostics_;
  LineByte stopped_;
};

}  // namespace

std::string quoted_form(std::string_view text) {
  constexpr std::size_t kMax = 60;
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (at >= kMax && (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) return out + "…\"";
    if (text[at] == '"' || text[at] == '\\') out += '\\';
    out += text[at];
  }
  return out + "\"";
}

bool scan_raw(const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics) {
  const std::string_view text = source->content();
  if (text.size() > kMaxConfigBytes) {
    diagnostics.add("C0057", Place{source, 0, 0, 1}, "the file is larger than 1 MiB",
                    "put long tables into conf/tables/");
    return false;
  }
  std::size_t mistakes = 0;
  std::size_t line_of_tab = std::string_view::npos;
  std::size_t line_begin = 0;
  for (std::size_t at = 0; at < text.size() && mistakes < kMaxRawMistakes;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      diagnostics.add("C0059", place_at(source, at, at + 1), "this is not UTF-8",
                      "save the file as UTF-8 in your editor");
      return false;
    }
    if (byte == '\n') line_begin = at + 1;
    if (byte == '\t' && line_of_tab != line_begin) {
      line_of_tab = line_begin;
      const bool indents = text.substr(line_begin, at - line_begin).find_first_not_of(' ') == std::string_view::npos;
      diagnostics.add("C0055", place_at(source, at, at + 1),
                      indents ? "a tab indents this line" : "there is a tab here",
                      indents ? "indent with blanks" : "use blanks; inside text write \"\\t\" in double quotes");
      ++mistakes;
    } else if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F ||
               (byte == '\r' && (at + 1 >= text.size() || text[at + 1] != '\n'))) {
      diagnostics.add("C0059", place_at(source, at, at + 1), "there is a control character here",
                      "take it out; inside text write it as \"\\x0B\" in double quotes");
      ++mistakes;
    }
    at += length;
  }
  return mistakes == 0;
}

void explain_parse_error(const std::shared_ptr<const SourceText>& source, std::size_t position, std::string_view reason,
                         const Diagnostics& met, Diagnostics& diagnostics) {
  Diagnostics found;
  ParseErrorReader(source, position, reason, found).explain();
  const auto& first = found.all().front();
  append(met, first.code == "C0071" ? first.place.line : kAllLines, diagnostics);
  append(found, kAllLines, diagnostics);
}

void append(const Diagnostics& from, int line, Diagnostics& to) {
  for (const auto& each : from.all())
    if (each.place.line < line) to.add(each.code, each.place, each.message, each.hint);
}

}  // namespace myelin::config
