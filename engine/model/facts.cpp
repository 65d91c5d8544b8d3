#include "engine/model/facts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/hl7/charset_iconv.h"

namespace myelin {
namespace {

using Fact = std::pair<std::string_view, std::string_view>;

// Takes the first fact off `rest`; nothing at its end, or where it is damaged.
std::optional<Fact> take_fact(std::string_view& rest) {
  const auto equals = rest.find('=');
  const auto colon = rest.find(':', std::min(equals, rest.size()));
  if (colon == std::string_view::npos) return std::nullopt;
  std::size_t size = 0;
  const auto* begin = rest.data() + equals + 1;
  const auto* end = rest.data() + colon;
  if (const auto read = std::from_chars(begin, end, size); read.ec != std::errc() || read.ptr != end)
    return std::nullopt;
  const auto value = rest.substr(colon + 1);
  if (size >= value.size() || value[size] != '\n') return std::nullopt;
  const Fact fact{rest.substr(0, equals), value.substr(0, size)};
  rest = value.substr(size + 1);
  return fact;
}

std::string in_utf8(std::string_view value) {
  std::string text;
  if (!hl7::find_non_utf8(value)) text = value;
  else
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) text += c;
      else text.append(1, static_cast<char>(0xC0U | byte >> 6U)).append(1, static_cast<char>(0x80U | (byte & 0x3FU)));
    }
  return text;
}

}  // namespace

void add_fact(std::string& facts, std::string_view name, std::string_view value) {
  const auto text = in_utf8(value);
  facts.append(name).append("=").append(std::to_string(text.size())).append(":").append(text).append("\n");
}

std::optional<std::string_view> fact_of(std::string_view facts, std::string_view name) {
  while (const auto fact = take_fact(facts))
    if (fact->first == name) return fact->second;
  return std::nullopt;
}

std::vector<Fact> all_facts(std::string_view facts) {
  std::vector<Fact> all;
  while (const auto fact = take_fact(facts)) all.push_back(*fact);
  return all;
}

bool is_credential(std::string_view header) {
  static constexpr auto kNever = std::to_array<std::string_view>(
      {"authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token"});
  return std::ranges::find(kNever, header) != kNever.end();
}

}  // namespace myelin
