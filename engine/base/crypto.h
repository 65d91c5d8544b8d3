// SHA-256 by OpenSSL (FIPS 180-4): the checksum of every stored payload, and the fingerprint of a plan. UUIDs of names.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace myelin {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);

// The same of what comes in pieces. After digest() it is of no further use.
class Sha256Sum {
 public:
  Sha256Sum();
  void add(std::string_view bytes);
  Sha256 digest();

 private:
  struct Close {
    void operator()(void* context) const;
  };
  std::unique_ptr<void, Close> context_;
};

std::string hex(const Sha256& digest);

// RFC 4122 version 5, in a namespace of this engine: the same name always gives the same UUID. No secret, no proof.
std::string name_uuid(std::string_view name);

}  // namespace myelin
