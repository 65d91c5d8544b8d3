#include "engine/hl7/charset.h"

#include <algorithm>
#include <array>

#include "engine/hl7/charset_iconv.h"
#include "engine/hl7/charset_switch.h"
#include "engine/hl7/charset_table.h"
#include "engine/hl7/delimiters.h"
#include "engine/hl7/msh.h"
#include "engine/hl7/piece.h"

namespace myelin::hl7 {
namespace {

using Units = WireForm::Units;
const std::string kUtf8 = "UTF-8";

// UTF-16 and UTF-32, in the order in which they are looked for: FF FE begins two of them.
struct WideForm {
  Units units;
  std::string_view iconv, mark;
  std::string_view first;  // how the M of MSH (the F, the B of a batch) stands in it; '?' is the letter
};
constexpr auto kWideForms = std::to_array<WideForm>({
    {Units::utf32_le, "UTF-32LE", {"\xFF\xFE\0\0", 4}, {"?\0\0\0", 4}},
    {Units::utf32_be, "UTF-32BE", {"\0\0\xFE\xFF", 4}, {"\0\0\0?", 4}},
    {Units::utf16_le, "UTF-16LE", {"\xFF\xFE", 2}, {"?\0", 2}},
    {Units::utf16_be, "UTF-16BE", {"\xFE\xFF", 2}, {"\0?", 2}},
});

bool begins_as(std::string_view bytes, std::string_view pattern) {
  if (bytes.size() < 2 * pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool letter = bytes[i] == 'M' || bytes[i] == 'F' || bytes[i] == 'B';
    if (pattern[i] == '?' ? !letter : bytes[i] != pattern[i]) return false;
  }
  return true;
}

const WideForm* wide_form(std::string_view bytes, bool& mark) {
  if (bytes.starts_with("MSH")) return nullptr;
  for (const auto& form : kWideForms) {
    mark = bytes.starts_with(form.mark);
    if (mark || begins_as(bytes, form.first)) return &form;
  }
  return nullptr;
}

// MSH of a message; of a batch, the header that stands first says it too (BHS and FHS have no MSH-18: it is empty).
struct Declaration {
  std::string_view charset;
  char repetition = '~';
  char escape = '\\';
};

Declaration declaration_of(std::string_view message) {
  message.remove_prefix(message_begin(message));
  Declaration found;
  const auto delimiters = read_delimiters(message);
  if (!delimiters) return found;
  found.repetition = delimiters->repetition;
  found.escape = delimiters->escape;
  found.charset = split_msh(message)[18];
  return found;
}

// "PID[1]-5": the field that the byte stands in, found without parsing what cannot be read. Empty before MSH.
std::string place_of(std::string_view bytes, std::size_t offset) {
  const auto delimiters = read_delimiters(bytes);
  const auto begin = message_begin(bytes);
  if (!delimiters || offset < begin) return {};
  const auto before = bytes.substr(0, offset);
  const auto line_end = before.find_last_of("\r\n");
  const auto line = before.substr(std::max(begin, line_end == std::string_view::npos ? 0 : line_end + 1));
  const auto name = line.substr(0, line.find(delimiters->field));
  const auto plain = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (name.size() != 3 || !std::ranges::all_of(name, plain)) return {};
  std::size_t number = 1;
  for (std::size_t at = 0; (at = before.find(name, at)) != std::string_view::npos; at += 3) {
    const bool starts = at != 0 && (before[at - 1] == '\r' || before[at - 1] == '\n');
    if (starts && before.data() + at < line.data()) ++number;
  }
  auto field = std::ranges::count(line, delimiters->field);
  if (name == "MSH") ++field;
  return std::string(name) + "[" + std::to_string(number) + "]-" + std::to_string(field);
}

std::unexpected<Fault> misfit(std::string_view bytes, std::size_t offset, std::string_view set) {
  return fail(FaultCode::bad_charset,
              "the byte at offset " + std::to_string(offset) + " does not fit " + std::string(set),
              place_of(bytes, offset));
}

std::unexpected<Fault> unknown_name() {
  return fail(FaultCode::bad_charset, "MSH-18 names no character set that is known", "MSH-18");
}

// The sets that count; an empty name: nothing is known, what is there passes.
std::optional<Charset> counting(const Declaration& declared, const CharsetChoice& choice) {
  const bool chosen = choice.instead_of_msh || declared.charset.empty();
  if (chosen) return choice.charset.empty() ? Charset{} : find_charset(choice.charset, '~');
  return find_charset(declared.charset, declared.repetition);
}

Result<DecodedMessage> decode_wide(const Bytes& received, const WideForm& wide, bool mark) {
  auto units = received.view();
  if (mark) units.remove_prefix(wide.mark.size());
  std::string text;
  text.reserve(units.size());
  if (const auto wrong = convert(std::string(wide.iconv), kUtf8, units, text))
    return fail(FaultCode::bad_charset, "the byte at offset " +
                                            std::to_string(received.size() - units.size() + *wrong) + " does not fit " +
                                            std::string(wide.iconv));
  return DecodedMessage{Bytes(std::move(text)), WireForm{wide.units, mark}};
}

}  // namespace

bool begins_wide(std::string_view bytes) {
  bool mark = false;
  const auto* form = wide_form(bytes, mark);
  if (!form) return false;
  if (mark) bytes.remove_prefix(form->mark.size());
  return begins_as(bytes, form->first);
}

Result<DecodedMessage> decode_message(const Bytes& received, const CharsetChoice& choice) {
  const auto bytes = received.view();
  bool mark = false;
  if (const auto* wide = wide_form(bytes, mark)) return decode_wide(received, *wide, mark);
  if (bytes.starts_with(kUtf8Mark)) {
    if (const auto wrong = find_non_utf8(bytes)) return misfit(bytes, *wrong, kUtf8);
    return DecodedMessage{received, WireForm{.mark = true}};
  }
  const auto declared = declaration_of(bytes);
  const bool ascii = is_ascii(bytes);
  if (choice.charset.empty() && (declared.charset.empty() || choice.instead_of_msh))
    return DecodedMessage{received, {}};
  const auto charset = counting(declared, choice);
  if (!charset) {
    if (ascii) return DecodedMessage{received, {}};
    return unknown_name();
  }
  if (charset->name.empty() || (ascii && !charset->switches)) return DecodedMessage{received, {}};
  if (charset->utf8()) {
    if (const auto wrong = find_non_utf8(bytes)) return misfit(bytes, *wrong, charset->name);
    return DecodedMessage{received, {}};
  }
  const bool only_ascii = charset->base.empty() && !charset->switches;
  if (only_ascii && !find_non_utf8(bytes)) return DecodedMessage{received, WireForm{.utf8_as_ascii = true}};
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 4);
  SwitchStyle style{declared.escape, false};
  const auto wrong = charset->switches ? read_switched(bytes, *charset, style, text)
                                       : convert(charset->base.empty() ? "ASCII" : charset->base, kUtf8, bytes, text);
  if (wrong) return misfit(bytes, *wrong, charset->name);
  if (text == bytes) return DecodedMessage{received, {}};
  return DecodedMessage{Bytes(std::move(text)), WireForm{.hl7_switches = style.hl7}};
}

Result<Bytes> encode_message(const Bytes& text, const WireForm& form, const CharsetChoice& choice) {
  const auto characters = text.view();
  const auto* wide = std::ranges::find(kWideForms, form.units, &WideForm::units);
  if (wide != kWideForms.end()) {
    std::string units(form.mark ? wide->mark : std::string_view());
    if (const auto wrong = convert(kUtf8, std::string(wide->iconv), characters, units))
      return misfit(characters, *wrong, wide->iconv);
    return Bytes(std::move(units));
  }
  if (is_ascii(characters) || form.mark) return text;
  const auto declared = declaration_of(characters);
  const auto charset = counting(declared, choice);
  if (!charset) return unknown_name();
  if (charset->name.empty()) return text;
  if (const auto wrong = find_non_utf8(characters)) return misfit(characters, *wrong, "UTF-8");
  if (charset->utf8() || (form.utf8_as_ascii && charset->base.empty() && !charset->switches)) return text;
  std::string bytes;
  bytes.reserve(characters.size());
  const SwitchStyle style{declared.escape, form.hl7_switches};
  const auto wrong = charset->switches
                         ? write_switched(characters, *charset, style, bytes)
                         : convert(kUtf8, charset->base.empty() ? "ASCII" : charset->base, characters, bytes);
  if (wrong) return misfit(characters, *wrong, charset->name);
  return Bytes(std::move(bytes));
}

bool knows_charset(std::string_view name) {
  const auto charset = find_charset(name, '~');
  return charset && !name.empty();
}

std::string msh_name_of(std::string_view charset) {
  std::string name;
  for (std::size_t i = 1; i <= piece_count(charset, '~'); ++i) {
    if (i > 1) name.push_back('~');
    name.append(table_name(*piece(charset, '~', i)));
  }
  return name;
}

}  // namespace myelin::hl7
