#include "engine/hl7/charset_switch.h"

#include <algorithm>

#include "engine/hl7/charset_iconv.h"

namespace myelin::hl7 {
namespace {

constexpr char kEsc = '\x1B';
const std::string kUtf8 = "UTF-8";

bool ends_line(char c) { return c == '\r' || c == '\n'; }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80U; }

// "ASCII", for iconv, where the declaration has no eight-bit set.
std::string base_of(const Charset& charset) { return charset.base.empty() ? "ASCII" : charset.base; }

struct Sequence {
  const SwitchedSet* set = nullptr;
  std::size_t size = 0;  // bytes of the whole sequence; 0: there is none
};

// ESC and a designation. ESC & @ says which edition of a set follows and changes nothing.
Sequence raw_sequence(std::string_view rest) {
  if (rest.substr(1).starts_with("&@")) return {nullptr, 3};
  for (const std::size_t size : {3U, 2U}) {
    if (rest.size() <= size) continue;
    if (const auto* set = find_set(rest.substr(1, size))) return {set, 1 + size};
  }
  return {};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// \C2842\ or \M2442\: the bytes of a designation in hexadecimal digits.
Sequence hl7_sequence(std::string_view rest, char escape) {
  if (rest.size() < 7 || rest[0] != escape || (rest[1] != 'C' && rest[1] != 'M')) return {};
  const auto end = rest.find(escape, 2);
  if (end != 6 && end != 8) return {};
  std::string designation;
  for (std::size_t i = 2; i < end; i += 2) {
    const int high = hex_value(rest[i]), low = hex_value(rest[i + 1]);
    if (high < 0 || low < 0) return {};
    designation.push_back(static_cast<char>(high * 16 + low));
  }
  const auto* set = find_set(designation);
  return set == nullptr ? Sequence{} : Sequence{set, end + 1};
}

class Reader {
 public:
  Reader(std::string_view in, const Charset& charset, SwitchStyle& style, std::string& out)
      : in_(in), base_(base_of(charset)), style_(style), out_(out) {}

  std::optional<std::size_t> read() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (ends_line(c)) {
        low_ = high_ = nullptr;
        out_.push_back(c);
        ++at_;
      } else if (const auto sequence = sequence_here(); sequence.size != 0) {
        call_in(sequence.set);
        at_ += sequence.size;
      } else if (c == kEsc) {
        return at_;
      } else if (low_ == nullptr && high_ == nullptr) {
        if (!read_base()) return at_;
      } else if (!read_character()) {
        return at_;
      }
    }
    return std::nullopt;
  }

 private:
  Sequence sequence_here() {
    const auto rest = in_.substr(at_);
    if (rest[0] == kEsc) {
      const auto found = raw_sequence(rest);
      if (found.set != nullptr) by_esc_ = true;
      return found;
    }
    if (style_.escape == 0 || rest[0] != style_.escape) return {};
    // Characters of two bytes may spell \C2842\: what ESC called in, ESC alone ends.
    if (low_ != nullptr && by_esc_) return {};
    const auto found = hl7_sequence(rest, style_.escape);
    if (found.size == 0) return found;
    style_.hl7 = true;
    by_esc_ = false;
    return found;
  }

  void call_in(const SwitchedSet* set) {
    if (set == nullptr) return;
    if (set->high) high_ = set;
    else low_ = set->iconv.empty() ? nullptr : set;
  }

  // Up to where a sequence may stand.
  bool read_base() {
    auto end = at_ + 1;
    while (end < in_.size() && !ends_line(in_[end]) && in_[end] != kEsc &&
           !(in_[end] == style_.escape && hl7_sequence(in_.substr(end), style_.escape).size != 0)) {
      ++end;
    }
    const auto wrong = convert(base_, kUtf8, in_.substr(at_, end - at_), out_);
    at_ = wrong ? at_ + *wrong : end;
    return !wrong;
  }

  bool read_character() {
    const char c = in_[at_];
    const auto* set = is_high(c) ? high_ : low_;
    const bool graphic = (static_cast<unsigned char>(c) & 0x7FU) > 0x20U && c != '\x7F';
    if (set == nullptr || !graphic) {
      const auto wrong = is_high(c) ? convert(base_, kUtf8, in_.substr(at_, 1), out_) : std::nullopt;
      if (!is_high(c)) out_.push_back(c);
      if (!wrong) ++at_;
      return !wrong;
    }
    if (at_ + set->width > in_.size()) return false;
    std::string character(set->prefix);
    for (const char byte : in_.substr(at_, set->width)) {
      if (is_high(byte) != is_high(c)) return false;
      character.push_back(static_cast<char>(static_cast<unsigned char>(byte) | 0x80U));
    }
    const auto before = out_.size();
    if (convert(std::string(set->iconv), kUtf8, character, out_)) {
      out_.resize(before);
      return false;
    }
    at_ += set->width;
    return true;
  }

  std::string_view in_;
  std::string base_;
  SwitchStyle& style_;
  std::string& out_;
  std::size_t at_ = 0;
  bool by_esc_ = false;                // how low_ was called in
  const SwitchedSet* low_ = nullptr;   // null: ASCII
  const SwitchedSet* high_ = nullptr;  // null: the declared first set
};

class Writer {
 public:
  Writer(const Charset& charset, const SwitchStyle& style, std::string& out)
      : charset_(charset), base_(base_of(charset)), style_(style), out_(out) {}

  bool write(std::string_view character) {
    if (character.size() == 1) {
      use_ascii();
      // The line's end calls the first set back in by itself.
      if (ends_line(character[0])) high_ = nullptr;
      out_.append(character);
      return true;
    }
    if (write_in_base(character)) return true;
    if (current_ != nullptr && write_in(*current_, character)) return true;
    return std::ranges::any_of(charset_.others, [&](const auto* set) { return write_in(*set, character); });
  }
  void use_ascii() {
    if (low_ != nullptr) call_in("(B");
    low_ = nullptr;
  }

 private:
  void call_in(std::string_view designation) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    if (!style_.hl7 || style_.escape == 0) {
      out_.append(1, kEsc).append(designation);
      return;
    }
    out_.append({style_.escape, designation[0] == '$' ? 'M' : 'C'});
    for (const char c : designation) {
      const auto byte = static_cast<unsigned char>(c);
      out_.append({kDigits[byte / 16U], kDigits[byte % 16U]});
    }
    out_.push_back(style_.escape);
  }

  bool write_in_base(std::string_view character) {
    if (high_ != nullptr && charset_.base_set == nullptr) return false;
    std::string bytes;
    if (convert(kUtf8, base_, character, bytes)) return false;
    use_ascii();
    if (high_ != nullptr) call_in(charset_.base_set->designation);
    high_ = nullptr;
    out_.append(bytes);
    return true;
  }

  bool write_in(const SwitchedSet& set, std::string_view character) {
    std::string bytes;
    if (set.iconv.empty() || convert(kUtf8, std::string(set.iconv), character, bytes)) return false;
    if (bytes.size() != set.prefix.size() + set.width || !bytes.starts_with(set.prefix)) return false;
    bytes.erase(0, set.prefix.size());
    // A character with a prefix of its own belongs to another set, though as many bytes may be left of it.
    if (std::ranges::any_of(bytes, [](char c) { return static_cast<unsigned char>(c) <= 0xA0U; })) return false;
    auto& in_use = set.high ? high_ : low_;
    if (set.high) use_ascii();
    if (in_use != &set) call_in(set.designation);
    in_use = current_ = &set;
    for (const char c : bytes) out_.push_back(set.high ? c : static_cast<char>(static_cast<unsigned char>(c) & 0x7FU));
    return true;
  }

  const Charset& charset_;
  std::string base_;
  SwitchStyle style_;
  std::string& out_;
  const SwitchedSet* low_ = nullptr;
  const SwitchedSet* high_ = nullptr;
  const SwitchedSet* current_ = nullptr;
};

std::optional<std::size_t> write_all(std::string_view in, const Charset& charset, const SwitchStyle& style,
                                     std::string& out) {
  Writer writer(charset, style, out);
  for (std::size_t at = 0; at < in.size();) {
    const auto length = utf8_length(in.substr(at));
    if (!writer.write(in.substr(at, length))) return at;
    at += length;
  }
  writer.use_ascii();
  return std::nullopt;
}

// False where characters of two bytes spell a sequence of HL7's.
bool reads_as(std::string_view text, std::string_view written, const Charset& charset, SwitchStyle style) {
  std::string again;
  again.reserve(text.size());
  return !Reader(written, charset, style, again).read() && again == text;
}

}  // namespace

std::optional<std::size_t> read_switched(std::string_view in, const Charset& charset, SwitchStyle& style,
                                         std::string& out) {
  return Reader(in, charset, style, out).read();
}

std::optional<std::size_t> write_switched(std::string_view in, const Charset& charset, const SwitchStyle& style,
                                          std::string& out) {
  const auto before = out.size();
  if (const auto wrong = write_all(in, charset, style, out)) return wrong;
  if (!style.hl7 || reads_as(in, std::string_view(out).substr(before), charset, style)) return std::nullopt;
  out.resize(before);
  return write_all(in, charset, {style.escape, false}, out);
}

}  // namespace myelin::hl7
