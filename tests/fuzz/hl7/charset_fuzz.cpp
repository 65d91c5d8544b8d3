// Arbitrary bytes as a message in the set that it declares, or that its connection says. Held: what was changed is
// UTF-8, what was not is the received bytes, an offset lies inside, and what is written back reads the same.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/hl7/charset.h"
#include "engine/hl7/charset_iconv.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;
using namespace myelin::hl7;

// A sequence that only came about because others between its bytes were read would be read now.
bool holds_sequences(std::string_view text) {
  return text.find('\x1B') != std::string_view::npos || text.find("C2") != std::string_view::npos ||
         text.find("M2") != std::string_view::npos;
}

// MSH-1 and the first four of MSH-2. Where a switched character stands among them, its switch moves them when it is
// written.
bool has_delimiters(std::string_view text) {
  return text.starts_with("MSH") && text.size() >= 8 && std::ranges::all_of(text.substr(3, 5), [](unsigned char each) {
           return each < 0x80 && std::ispunct(each) != 0;
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::array<CharsetChoice, 6> kChoices = {{{},
                                                         {"8859/1", false},
                                                         {"~ISO IR87~ISO IR159", true},
                                                         {"GB 18030-2000", true},
                                                         {"8859/5~8859/1", true},
                                                         {"UNICODE UTF-8", true}}};
  const auto& choice = kChoices[data[0] % kChoices.size()];
  const Bytes received(std::string(reinterpret_cast<const char*>(data + 1), size - 1));
  const auto read = decode_message(received, choice);
  if (!read) {
    require(read.error().code == FaultCode::bad_charset);
    return 0;
  }
  const bool same = read->text.view().data() == received.view().data();
  require(same || !find_non_utf8(read->text.view()));
  const auto written = encode_message(read->text, read->form, choice);
  // A set may have been called in that was not declared; then it cannot be written.
  if (!written || holds_sequences(read->text.view())) return 0;
  // Whatever is no message is written for nobody: a mark that ESC & @ stood before, an M before three zeros (UTF-32).
  if (!has_delimiters(read->text.view())) return 0;
  const auto again = decode_message(*written, choice);
  require(again.has_value() && again->text.view() == read->text.view());
  return 0;
}
