// Descriptors are kept by each thread: opening one loads a module of glibc, and a channel uses one or two for ever.
#include "engine/hl7/charset_iconv.h"

#include <iconv.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <utility>

namespace myelin::hl7 {
namespace {

struct Close {
  void operator()(void* descriptor) const { iconv_close(descriptor); }
};
using Descriptor = std::unique_ptr<void, Close>;

// Null when glibc has no such conversion.
iconv_t descriptor_for(const std::string& from, const std::string& to) {
  thread_local std::map<std::pair<std::string, std::string>, Descriptor> known;
  const auto [at, fresh] = known.try_emplace({from, to});
  if (fresh) {
    const iconv_t opened = iconv_open(to.c_str(), from.c_str());
    // iconv_open says "no" with (iconv_t)-1.
    if (reinterpret_cast<std::intptr_t>(opened) != -1) at->second.reset(opened);
  }
  return at->second.get();
}

constexpr bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// 0: no character of UTF-8 begins here. Overlong forms, surrogates and what lies beyond U+10FFFF are none.
std::size_t character_at(std::string_view rest) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(rest[i])); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || rest.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(rest[i])) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool beyond = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

bool can_convert(const std::string& from, const std::string& to) { return descriptor_for(from, to) != nullptr; }

std::optional<std::size_t> convert(const std::string& from, const std::string& to, std::string_view in,
                                   std::string& out) {
  const iconv_t descriptor = descriptor_for(from, to);
  if (descriptor == nullptr) return 0;
  iconv(descriptor, nullptr, nullptr, nullptr, nullptr);  // forget what an earlier text left
  char* next = const_cast<char*>(in.data());              // iconv only reads it
  std::size_t left = in.size();
  std::array<char, 4096> block{};
  while (left > 0) {
    char* to_here = block.data();
    std::size_t room = block.size();
    const auto done = iconv(descriptor, &next, &left, &to_here, &room);
    out.append(block.data(), block.size() - room);
    if (done == static_cast<std::size_t>(-1) && errno != E2BIG) return in.size() - left;
  }
  // A set that keeps a state writes how it returns.
  char* to_here = block.data();
  std::size_t room = block.size();
  iconv(descriptor, nullptr, nullptr, &to_here, &room);
  out.append(block.data(), block.size() - room);
  return std::nullopt;
}

bool is_ascii(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (; at + 64 <= bytes.size(); at += 64) {
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), bytes.data() + at, 64);
    std::uint64_t all = 0;
    for (const auto word : words) all |= word;
    if ((all & kHighBits) != 0) return false;
  }
  unsigned all = 0;
  for (; at < bytes.size(); ++at) all |= static_cast<unsigned char>(bytes[at]);
  return all < 0x80;
}

std::optional<std::size_t> find_non_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    while (at + 64 <= bytes.size() && is_ascii(bytes.substr(at, 64))) at += 64;
    if (at == bytes.size()) break;
    const auto length = character_at(bytes.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::size_t utf8_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && continues(text[length])) ++length;
  return length;
}

}  // namespace myelin::hl7
