// Words of one line of a map: between blanks, or in quotes; a word that begins with # ends the line.
#pragma once

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace myelin::mapping {

class Words {
 public:
  explicit Words(std::string_view line) {
    while (true) {
      const auto begin = line.find_first_not_of(' ');
      if (begin == line.npos || line[begin] == '#') return;
      line.remove_prefix(begin);
      const bool quoted = line.front() == '"';
      const auto end = quoted ? line.find('"', 1) : line.find(' ');
      const auto size = std::min(end, line.size());
      words_.push_back({std::string(quoted ? line.substr(1, size - 1) : line.substr(0, size)), quoted});
      line.remove_prefix(std::min(size + (quoted ? 1 : 0), line.size()));
    }
  }

  bool empty() const { return at_ == words_.size(); }
  bool quoted() const { return !empty() && words_[at_].quoted; }
  bool is(std::string_view word) const { return !empty() && !quoted() && words_[at_].text == word; }
  // "" after the last.
  std::string next() { return empty() ? std::string() : words_[at_++].text; }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  bool is_keyword() const {
    constexpr std::array<std::string_view, 12> kKeywords = {"as",  "via", "or", "table", "quiet", "new",
                                                            "ext", "ref", "if", "else",  "alone", "by"};
    return std::ranges::any_of(kKeywords, [this](std::string_view word) { return is(word); });
  }

 private:
  struct Word {
    std::string text;
    bool quoted = false;
  };
  std::vector<Word> words_;
  std::size_t at_ = 0;
};

}  // namespace myelin::mapping
