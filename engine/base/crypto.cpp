#include "engine/base/crypto.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <cstdlib>

namespace myelin {

namespace {

// Fetched once a process, with a context once a thread: both cost more than to hash a short text, and each message is
// hashed half a dozen times. An OpenSSL without SHA-256 is none to go on with.
void begin(EVP_MD_CTX* context) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (EVP_DigestInit_ex2(context, algorithm, nullptr) != 1) std::abort();
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
  static thread_local const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                                       &EVP_MD_CTX_free);
  Sha256 digest{};
  begin(context.get());
  EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return digest;
}

void Sha256Sum::Close::operator()(void* context) const { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context)); }

Sha256Sum::Sha256Sum() : context_(EVP_MD_CTX_new()) { begin(static_cast<EVP_MD_CTX*>(context_.get())); }

void Sha256Sum::add(std::string_view bytes) {
  EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(), bytes.size());
}

Sha256 Sha256Sum::digest() {
  Sha256 digest{};
  EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_.get()), digest.data(), nullptr);
  return digest;
}

std::string hex(const Sha256& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const auto byte : digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string name_uuid(std::string_view name) {
  static constexpr std::array<unsigned char, 16> kNamespace = {0x5b, 0x1c, 0x3e, 0x92, 0x7a, 0x0d, 0x4f, 0x6e,
                                                               0x9c, 0x41, 0x2d, 0x8f, 0xb7, 0x60, 0xe3, 0x15};
  std::string text(reinterpret_cast<const char*>(kNamespace.data()), kNamespace.size());
  text += name;
  std::array<unsigned char, 20> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x50U);
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string uuid;
  for (std::size_t at = 0; at < 16; ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) uuid += '-';
    uuid += kDigits[digest.at(at) >> 4U];
    uuid += kDigits[digest.at(at) & 15U];
  }
  return uuid;
}

}  // namespace myelin
