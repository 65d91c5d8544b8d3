// Character sets: what stands on the wire, read as UTF-8 and written back (HL7 v2.8.2, 2.14.9.18 MSH-18, table 0211;
// switching by ISO 2022 escape sequences or by \C…\ and \M…\, 2.7.2). The received bytes are stored as they came;
// formulas and steps see UTF-8; what is written goes out in the set that the message then declares.
//
// MSH-18 counts, table 0211 and the names that iconv knows; where it is empty, `CharsetChoice::charset` does; where
// that is empty too, the bytes pass as they are. UTF-16 and UTF-32 are known by their byte order mark or by their
// zeros.
//
// Bytes that do not fit are `bad_charset`, with their offset and the field they stand in, never a replacement
// character. A message in ASCII or UTF-8 is the same Bytes again; what that costs is one look at each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/fault.h"

namespace myelin::hl7 {

// The mark that some systems write before UTF-8: in decode_message it decides, whatever MSH-18 says.
inline constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// What a connection says about its character set.
struct CharsetChoice {
  std::string charset;          // as MSH-18 would name it, or as iconv does; empty: not said
  bool instead_of_msh = false;  // `charset` counts whatever MSH-18 says
  bool operator==(const CharsetChoice&) const = default;
};

// What MSH-18 does not say about how a message stood on its wire.
struct WireForm {
  enum class Units : std::uint8_t { bytes, utf16_le, utf16_be, utf32_le, utf32_be };
  Units units = Units::bytes;
  bool mark = false;           // a byte order mark stood before it
  bool hl7_switches = false;   // sets were switched by \C…\ and \M…\, not by ESC
  bool utf8_as_ascii = false;  // MSH-18 said ASCII, and it was UTF-8: a habit that takes nothing from anybody
  bool operator==(const WireForm&) const = default;
};

struct DecodedMessage {
  Bytes text;  // the received Bytes themselves, where nothing had to change
  WireForm form;
};

// Whether a message or a batch in UTF-16 or UTF-32 begins here, with or without its byte order mark.
bool begins_wide(std::string_view bytes);

// bad_charset; also where MSH-18 names no set that is known and the bytes are not all ASCII.
Result<DecodedMessage> decode_message(const Bytes& received, const CharsetChoice& choice);

// The way back. `text` is UTF-8 (or passes as it is, where no set is said); its own MSH-18 counts, not that of what was
// received, so a step that sets MSH-18 changes the set.
Result<Bytes> encode_message(const Bytes& text, const WireForm& form, const CharsetChoice& choice);

// Whether `name` ("8859/1", "~ISO IR87", "windows-1252") can be a CharsetChoice.
bool knows_charset(std::string_view name);
// How MSH-18 writes it: "windows-1252" is empty, since table 0211 has no name for it.
std::string msh_name_of(std::string_view charset);

}  // namespace myelin::hl7
