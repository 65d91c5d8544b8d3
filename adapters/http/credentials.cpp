#include "adapters/http/credentials.h"

#include <algorithm>
#include <cstdint>

namespace myelin::http {
namespace {

// Takes the same time whatever differs.
bool same(const Sha256& one, const Sha256& other) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < one.size(); ++i) difference |= static_cast<unsigned>(one[i] ^ other[i]);
  return difference == 0;
}

// "bearer   x" as "Bearer x": the scheme has no case, the token has.
std::string normal(std::string_view field) {
  const auto blank = field.find(' ');
  std::string scheme(field.substr(0, blank));
  std::ranges::transform(scheme, scheme.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  auto rest = blank == std::string_view::npos ? std::string_view() : field.substr(blank);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return scheme + " " + std::string(rest);
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto part = bytes.substr(i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= part.size() ? kDigits[(group >> (18 - 6 * k)) & 0x3f] : '=';
  }
  return text;
}

Result<std::string> authorization(const Credentials& credentials) {
  auto secret = config::resolve_secret(credentials.secret);
  if (!secret) return fail(secret);
  if (credentials.user.empty()) return "Bearer " + *secret;
  return "Basic " + base64(credentials.user + ":" + *secret);
}

Result<void> Doorkeeper::learn(MonoTime now) {
  if (!credentials_) return {};
  const auto known = authorization(*credentials_);
  if (!known) return fail(known.error());
  expected_ = sha256(normal(*known));
  learnt_ = now;
  return {};
}

bool Doorkeeper::lets_in(std::string_view authorization_field, MonoTime now) {
  if (!credentials_) return true;
  if (now - learnt_ >= kForgets && !learn(now)) return false;
  return same(sha256(normal(authorization_field)), expected_);
}

std::string Doorkeeper::challenge() const {
  const bool bearer = !credentials_ || credentials_->user.empty();
  return std::string(bearer ? "Bearer" : "Basic") + " realm=\"myelin\"";
}

}  // namespace myelin::http
