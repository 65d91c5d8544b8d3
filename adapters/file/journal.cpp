#include "adapters/file/journal.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/base/crypto.h"

namespace myelin::file {
namespace {

std::string words_of(const Journal& journal) {
  return fmt::format("{} {} {} {}", journal.id, journal.offset, journal.size, journal.digest);
}

// Of its words; not of what was appended.
std::string check_of(std::string_view words) { return hex(sha256(words)).substr(0, 16); }

std::optional<std::int64_t> number(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Journal> Journal::read(std::string_view line) {
  if (line.size() != kBytes) return std::nullopt;
  std::array<std::string_view, 5> words;
  std::size_t at = 0;
  for (auto& word : words) {
    const auto end = line.find_first_of(" \n", at);
    if (end == std::string_view::npos || end == at) return std::nullopt;
    word = line.substr(at, end - at);
    at = end + 1;
  }
  const auto offset = number(words[1]), size = number(words[2]);
  if (!offset || !size) return std::nullopt;
  Journal journal{std::string(words[0]), *offset, *size, std::string(words[3])};
  if (check_of(words_of(journal)) != words[4]) return std::nullopt;
  return journal;
}

std::string Journal::line() const {
  const auto words = words_of(*this);
  return fmt::format("{:<{}}\n", words + " " + check_of(words), kBytes - 1);
}

Journal::Tail Journal::tail(std::int64_t bytes) const {
  if (bytes <= offset) return Tail::other;
  return bytes - offset >= size ? Tail::whole : Tail::torn;
}

}  // namespace myelin::file
