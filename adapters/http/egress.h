// Egress: which addresses a destination may dial, asked after its name was resolved. A name can be made to point
// anywhere; what it points to cannot lie.
//
// Never without being named in `allow:`: this machine (127/8, ::1, 0/8, ::), link-local (169.254/16 with the clouds'
// metadata service, fe80::/10, and fd00:ec2::254), multicast and broadcast. With `allow:`, nothing but what it names.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::http {

// An address as 16 bytes; IPv4, also when it is wrapped into IPv6 (::ffff:a.b.c.d, 64:ff9b::a.b.c.d), as
// ::ffff:a.b.c.d.
using IpBytes = std::array<unsigned char, 16>;
std::optional<IpBytes> parse_ip(std::string_view text);

struct Network {
  IpBytes first{};
  int bits = 0;  // of 128
  bool holds(const IpBytes& address) const;
};
// "10.0.0.0/8", "2001:db8::/32", "127.0.0.1". Nothing when it is none of them.
std::optional<Network> parse_network(std::string_view text);

class Egress {
 public:
  // Entries of `allow:`: networks, addresses and host names. bad_configuration names the one that is neither.
  static Result<Egress> make(const std::vector<std::string>& allow);

  // May `host`, as it stands in the URL, be dialled at `address`? address_not_allowed.
  Result<void> check(std::string_view host, std::string_view address) const;
  // What can be said before any name is resolved: a host that is an address, or localhost.
  Result<void> check_written(std::string_view host) const;
  // Through a proxy, who resolves the name: with `allow:` it must be named there itself.
  Result<void> check_by_name(std::string_view host) const;

 private:
  std::vector<Network> networks_;
  std::vector<std::string> hosts_;
};

}  // namespace myelin::http
