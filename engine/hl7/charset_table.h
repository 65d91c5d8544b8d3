// Table 0211 and the ISO 2022 sets behind it, as data. Inner to charset.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace myelin::hl7 {

// A set that an escape sequence calls in. Its characters are `width` bytes; iconv reads them as `prefix` and the bytes
// with their high bits set.
struct SwitchedSet {
  std::string_view designation;  // what follows ESC: "$B"
  std::string_view iconv;        // empty: ASCII
  std::string_view prefix;
  std::uint8_t width = 1;
  bool high = false;  // stands at bytes from 0xA0 (G1), else at those from 0x21 to 0x7E (G0)
};

extern const std::array<SwitchedSet, 24> kSwitchedSets;
const SwitchedSet* find_set(std::string_view designation);

// What a message declares.
struct Charset {
  std::string name;                        // as it was declared
  std::string base;                        // iconv's name; empty: ASCII
  const SwitchedSet* base_set = nullptr;   // how `base` is called back in; null: it cannot be
  bool switches = false;                   // escape sequences may stand in the text
  std::vector<const SwitchedSet*> others;  // that may be called in, in the order of their declaration
  bool utf8() const { return base == "UTF-8"; }
};

// A whole MSH-18, its repetitions set off by `repetition`. Nothing when a name in it is not known.
std::optional<Charset> find_charset(std::string_view declared, char repetition);
// The name of table 0211 for one repetition; empty when it has none.
std::string_view table_name(std::string_view one);

}  // namespace myelin::hl7
