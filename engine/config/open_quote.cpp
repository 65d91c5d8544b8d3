#include "engine/config/open_quote.h"

#include <algorithm>
#include <cctype>

namespace myelin::config {

namespace {

constexpr auto kNone = std::string_view::npos;

bool blank(char byte) { return byte == ' ' || byte == '\t'; }
bool line_end(char byte) { return byte == '\n' || byte == '\r'; }

// `  - name: …`
bool looks_like_a_key(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" -"), line.size()));
  const auto word = std::ranges::find_if(
      line, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_' && c != '-' && c != '.'; });
  const auto colon = static_cast<std::size_t>(word - line.begin());
  if (colon == 0 || colon >= line.size() || line[colon] != ':') return false;
  return colon + 1 == line.size() || blank(line[colon + 1]) || line_end(line[colon + 1]);
}

class Scan {
 public:
  Scan(std::string_view content, std::size_t stopped) : text_(content), stopped_(stopped) {}

  std::optional<std::size_t> run() {
    while (at_ < text_.size() && at_ <= stopped_) {
      const char byte = text_[at_];
      if (line_end(byte)) {
        ++at_;
        starts_ = true;
      } else if (byte == '#' && (at_ == 0 || blank(text_[at_ - 1]) || line_end(text_[at_ - 1]))) {
        at_ = line_end_from(at_);
      } else if (starts_ && (byte == '"' || byte == '\'')) {
        if (const auto open = quote()) return open;
      } else if (starts_ && depth_ == 0 && (byte == '|' || byte == '>')) {
        block();
      } else {
        plain(byte);
      }
    }
    return std::nullopt;
  }

 private:
  void plain(char byte) {
    const bool ends = at_ + 1 >= text_.size() || blank(text_[at_ + 1]) || line_end(text_[at_ + 1]);
    if (byte == '[' || byte == '{') {
      if (starts_) ++depth_;  // else it belongs to a word: PID-3[2]
    } else if ((byte == ']' || byte == '}') && depth_ > 0) {
      --depth_;
      starts_ = false;
    } else if ((byte == ':' && ends) || (byte == ',' && depth_ > 0)) {
      starts_ = true;
    } else if (!blank(byte) && !(byte == '-' && ends)) {
      starts_ = false;
    }
    ++at_;
  }

  // Passes over a quoted text; its beginning, when it is one that was never meant to go so far.
  std::optional<std::size_t> quote() {
    const auto open = at_;
    const auto close = end_of_quote(open);
    if (close == kNone) {
      at_ = text_.size();
      return std::nullopt;
    }
    at_ = close + 1;
    starts_ = false;
    if (swallows_a_key(open, close) && !may_follow(at_)) return open;
    return std::nullopt;
  }

  std::size_t end_of_quote(std::size_t open) const {
    const char kind = text_[open];
    for (auto at = open + 1; at < text_.size(); ++at) {
      if (kind == '"' && text_[at] == '\\') ++at;
      else if (text_[at] == kind && kind == '\'' && at + 1 < text_.size() && text_[at + 1] == kind) ++at;
      else if (text_[at] == kind) return at;
    }
    return kNone;
  }

  bool swallows_a_key(std::size_t open, std::size_t close) const {
    for (auto line = text_.find('\n', open); line != kNone && line < close; line = text_.find('\n', line + 1))
      if (looks_like_a_key(text_.substr(line + 1, line_end_from(line + 1) - line - 1))) return true;
    return false;
  }

  // What may stand behind a closing quote: the end of the line, a comment, a colon, and in brackets what goes on there.
  bool may_follow(std::size_t at) const {
    const auto blanks = at;
    while (at < text_.size() && blank(text_[at])) ++at;
    if (at >= text_.size() || line_end(text_[at])) return true;
    if (text_[at] == '#') return at > blanks;
    if (text_[at] == ':') return at + 1 >= text_.size() || blank(text_[at + 1]) || line_end(text_[at + 1]);
    return depth_ > 0 && (text_[at] == ',' || text_[at] == ']' || text_[at] == '}');
  }

  // Passes over a block of text: all lines that are indented as its first.
  void block() {
    at_ = line_end_from(at_);
    auto indent = kNone;
    while (at_ < text_.size()) {
      const auto begin = at_ + 1;  // behind the line end
      const auto end = line_end_from(std::min(begin, text_.size()));
      const auto line = text_.substr(std::min(begin, text_.size()), end - std::min(begin, text_.size()));
      const auto first = line.find_first_not_of(" \r");
      if (first != kNone) {
        if (indent == kNone) indent = first;
        if (first == 0 || first < indent) return;
      }
      at_ = end;
    }
  }

  std::size_t line_end_from(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

  std::string_view text_;
  std::size_t stopped_;
  std::size_t at_ = 0;
  int depth_ = 0;       // of [ ] and { }
  bool starts_ = true;  // a value may begin here
};

}  // namespace

std::optional<std::size_t> quote_left_open(std::string_view content, std::size_t stopped) {
  return Scan(content, stopped).run();
}

}  // namespace myelin::config
