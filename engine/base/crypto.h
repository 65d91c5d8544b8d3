// SHA-256 by OpenSSL (FIPS 180-4): the checksum of every stored payload, and the fingerprint of a plan.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace myelin {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
std::string hex(const Sha256& digest);

}  // namespace myelin
