// What the maps to FHIR and the rules of the way back are read by: texts, line after line, until the first mistake.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/crypto.h"

namespace myelin::mapping {

class LineReader {
 public:
  // All of them, and what is owed at the end; false: mistake() says the line and why. `digest`: SHA-256 of all, in hex.
  bool read(const std::vector<std::string_view>& texts, std::string& digest) {
    std::string all;
    for (const auto text : texts) {
      read_text(text);
      all += text;
    }
    if (mistake_.empty()) finish();
    digest = hex(sha256(all));
    return mistake_.empty();
  }
  const std::string& mistake() const { return mistake_; }

 protected:
  LineReader() = default;
  ~LineReader() = default;

  virtual void read_line(std::string_view line) = 0;
  // Rows that stand for others, and names that nothing has explained.
  virtual void finish() = 0;

  void wrong(const std::string& what) {
    if (mistake_.empty()) mistake_ = "line " + std::to_string(line_) + ": " + what;
  }

  // A block may name what comes later: it is made when it is first named.
  template <class T>
  static T* named(std::map<std::string, std::unique_ptr<T>, std::less<>>& all, const std::string& name) {
    auto& item = all[name];
    if (!item) {
      item = std::make_unique<T>();
      item->name = name;
    }
    return item.get();
  }

 private:
  void read_text(std::string_view text) {
    if (!mistake_.empty()) return;
    line_ = 0;
    while (!text.empty() && mistake_.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      ++line_;
      read_line(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  std::size_t line_ = 0;
  std::string mistake_;
};

}  // namespace myelin::mapping
