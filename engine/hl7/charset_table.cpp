#include "engine/hl7/charset_table.h"

#include <algorithm>

#include "engine/hl7/charset_iconv.h"
#include "engine/hl7/piece.h"

namespace myelin::hl7 {

// ISO/IEC registered sets; DICOM PS3.3 C.12.1.1.2 lists the same designations.
const std::array<SwitchedSet, 24> kSwitchedSets = {{
    {"(B", "", "", 1, false},             // ASCII
    {"(J", "", "", 1, false},             // JIS X 0201 Roman: ASCII but for yen and overline, where HL7 has delimiters
    {"(I", "EUC-JP", "\x8E", 1, false},   // JIS X 0201 Katakana
    {")I", "EUC-JP", "\x8E", 1, true},    //
    {"$@", "EUC-JP", "", 2, false},       // JIS C 6226-1978
    {"$B", "EUC-JP", "", 2, false},       // JIS X 0208
    {"$(B", "EUC-JP", "", 2, false},      //
    {"$(D", "EUC-JP", "\x8F", 2, false},  // JIS X 0212
    {"$A", "EUC-CN", "", 2, false},       // GB 2312
    {"$(A", "EUC-CN", "", 2, false},      //
    {"$)A", "EUC-CN", "", 2, true},       //
    {"$(C", "EUC-KR", "", 2, false},      // KS X 1001
    {"$)C", "EUC-KR", "", 2, true},       //
    {"$(G", "EUC-TW", "", 2, false},      // CNS 11643 plane 1
    {"$(H", "EUC-TW", "\x8E\xA2", 2, false},  // CNS 11643 plane 2
    {"-A", "ISO-8859-1", "", 1, true},
    {"-B", "ISO-8859-2", "", 1, true},
    {"-C", "ISO-8859-3", "", 1, true},
    {"-D", "ISO-8859-4", "", 1, true},
    {"-L", "ISO-8859-5", "", 1, true},
    {"-G", "ISO-8859-6", "", 1, true},
    {"-F", "ISO-8859-7", "", 1, true},
    {"-H", "ISO-8859-8", "", 1, true},
    {"-M", "ISO-8859-9", "", 1, true},
}};

const SwitchedSet* find_set(std::string_view designation) {
  const auto* found = std::ranges::find(kSwitchedSets, designation, &SwitchedSet::designation);
  return found == kSwitchedSets.end() ? nullptr : found;
}

namespace {

// One value of table 0211. `sets` are the designations that it stands for, set off by blanks.
struct Entry {
  std::string_view name;
  std::string_view plain;  // letters and digits only: how it and its misspellings are compared
  std::string_view base;   // as a first repetition
  std::string_view sets;   // as a further repetition, or where `base` is empty
  bool switches = false;   // a text of this set alone has escape sequences
};

constexpr auto kTable = std::to_array<Entry>({
    {"ASCII", "ASCII", "", "(B"},
    {"ISO IR6", "ISOIR6", "", "(B"},
    {"8859/1", "88591", "ISO-8859-1", "-A"},
    {"8859/2", "88592", "ISO-8859-2", "-B"},
    {"8859/3", "88593", "ISO-8859-3", "-C"},
    {"8859/4", "88594", "ISO-8859-4", "-D"},
    {"8859/5", "88595", "ISO-8859-5", "-L"},
    {"8859/6", "88596", "ISO-8859-6", "-G"},
    {"8859/7", "88597", "ISO-8859-7", "-F"},
    {"8859/8", "88598", "ISO-8859-8", "-H"},
    {"8859/9", "88599", "ISO-8859-9", "-M"},
    {"8859/15", "885915", "ISO-8859-15", ""},
    {"ISO IR14", "ISOIR14", "", "(J (I )I", true},
    {"ISO IR87", "ISOIR87", "", "$B", true},
    {"ISO IR159", "ISOIR159", "", "$(D", true},
    {"JIS X 0202", "JISX0202", "", "$B $(D (I", true},
    {"JAS2020", "JAS2020", "", "$B $(D (I", true},
    {"KS X 1001", "KSX1001", "EUC-KR", "$)C"},
    {"CNS 11643-1992", "CNS116431992", "EUC-TW", "$(G $(H"},
    {"GB 18030-2000", "GB180302000", "GB18030", "$)A"},
    {"BIG-5", "BIG5", "BIG5", ""},
    {"UNICODE UTF-8", "UNICODEUTF8", "UTF-8", ""},
    {"UNICODE UTF-16", "UNICODEUTF16", "UTF-8", ""},  // bytes that came as bytes can only be the eight-bit form
    {"UNICODE UTF-32", "UNICODEUTF32", "UTF-8", ""},
    {"UNICODE", "UNICODE", "UTF-8", ""},
    {"UNICODE UTF-8", "UTF8", "UTF-8", ""},  // how it is misspelt in the field
    {"GB 18030-2000", "GB18030", "GB18030", "$)A"},
    {"ASCII", "USASCII", "", "(B"},
    {"ASCII", "ISOIR006", "", "(B"},
});

std::string plain(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    if (c >= 'a' && c <= 'z') letters.push_back(static_cast<char>(c - 'a' + 'A'));
    else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) letters.push_back(c);
  }
  return letters.starts_with("ISO8859") ? letters.substr(3) : letters;
}

const Entry* find_entry(std::string_view name) {
  const auto wanted = plain(name);
  const auto* found = std::ranges::find(kTable, wanted, &Entry::plain);
  return found == kTable.end() ? nullptr : found;
}

void add_sets(std::string_view sets, Charset& charset) {
  for (std::size_t i = 1; !sets.empty() && i <= piece_count(sets, ' '); ++i) {
    const auto* set = find_set(*piece(sets, ' ', i));
    if (set != nullptr && std::ranges::find(charset.others, set) == charset.others.end()) charset.others.push_back(set);
  }
}

// A name that only iconv knows ("windows-1252"). Only sets in which ASCII is itself: delimiters stand in them.
bool usable_iconv_name(std::string_view name) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':';
  };
  if (name.size() < 3 || name.size() > 32 || !std::ranges::all_of(name, in_name)) return false;
  std::string ascii, read;
  for (char c = ' '; c <= '~'; ++c) ascii.push_back(c);
  return !convert(std::string(name), "UTF-8", ascii, read) && read == ascii;
}

}  // namespace

std::string_view table_name(std::string_view one) {
  const auto* entry = find_entry(one);
  return entry == nullptr ? std::string_view() : entry->name;
}

std::optional<Charset> find_charset(std::string_view declared, char repetition) {
  Charset charset;
  charset.name = declared;
  const auto count = piece_count(declared, repetition);
  charset.switches = count > 1;
  for (std::size_t i = 1; i <= count; ++i) {
    auto name = *piece(declared, repetition, i);
    while (name.ends_with(' ')) name.remove_suffix(1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (name.empty()) continue;
    const auto* entry = find_entry(name);
    if (entry == nullptr) {
      if (i > 1 || !usable_iconv_name(name)) return std::nullopt;
      charset.base = name;
      continue;
    }
    charset.switches = charset.switches || entry->switches;
    if (i == 1) charset.base = entry->base;
    if (i > 1 || entry->base.empty()) {
      add_sets(entry->sets, charset);
      continue;
    }
    const auto* set = find_set(first_piece(entry->sets, ' '));
    if (set != nullptr && set->high) charset.base_set = set;
  }
  return charset;
}

}  // namespace myelin::hl7
