#include "adapters/http/egress.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace myelin::http {
namespace {

constexpr IpBytes kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr IpBytes kTranslated = {0, 0x64, 0xff, 0x9b};  // RFC 6052

constexpr std::array<std::string_view, 9> kDangerous = {"0.0.0.0/8",   "127.0.0.0/8", "169.254.0.0/16",
                                                        "224.0.0.0/3", "::/128",      "::1/128",
                                                        "fe80::/10",   "ff00::/8",    "fd00:ec2::254/128"};

const std::vector<Network>& dangerous() {
  static const auto kNetworks = [] {
    std::vector<Network> networks;
    for (const auto text : kDangerous) networks.push_back(*parse_network(text));
    return networks;
  }();
  return kNetworks;
}

bool any_holds(const std::vector<Network>& networks, const IpBytes& address) {
  return std::ranges::any_of(networks, [&](const Network& network) { return network.holds(address); });
}

bool same_host(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, [&](char a, char b) { return lower(a) == lower(b); });
}

bool host_name(std::string_view text) {
  return !text.empty() && text.size() < 254 && text.find_first_not_of("0123456789.") != std::string_view::npos &&
         std::ranges::all_of(
             text,
             [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '.' || c == '_';
             });
}

}  // namespace

std::optional<IpBytes> parse_ip(std::string_view text) {
  const std::string whole(text.substr(0, text.find('%')));  // without the zone of a link-local address
  IpBytes bytes = kMapped;
  if (::inet_pton(AF_INET, whole.c_str(), bytes.data() + 12) == 1) return bytes;
  if (::inet_pton(AF_INET6, whole.c_str(), bytes.data()) != 1) return std::nullopt;
  if (std::equal(kTranslated.begin(), kTranslated.begin() + 12, bytes.begin()))
    std::copy_n(kMapped.begin(), 12, bytes.begin());
  return bytes;
}

bool Network::holds(const IpBytes& address) const {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(whole), address.begin())) return false;
  if (bits % 8 == 0) return true;
  const auto shift = 8 - bits % 8;
  return (first[whole] >> shift) == (address[whole] >> shift);
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool four = text.find(':') == std::string_view::npos;
  if (slash == std::string_view::npos) return Network{*address, 128};
  const auto length = text.substr(slash + 1);
  int bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (error != std::errc() || end != length.data() + length.size() || bits < 0 || bits > (four ? 32 : 128))
    return std::nullopt;
  return Network{*address, bits + (four ? 96 : 0)};
}

Result<Egress> Egress::make(const std::vector<std::string>& allow) {
  Egress egress;
  for (const auto& entry : allow) {
    if (const auto network = parse_network(entry)) egress.networks_.push_back(*network);
    else if (host_name(entry)) egress.hosts_.push_back(entry);
    else
      return fail(FaultCode::bad_configuration,
                  "'" + entry + "' in `allow` is no address, no network such as 10.0.0.0/8 and no host name");
  }
  return egress;
}

Result<void> Egress::check(std::string_view host, std::string_view address) const {
  const auto ip = parse_ip(address);
  const auto named = [&](const std::string& allowed) { return same_host(allowed, host); };
  const bool by_network = ip && any_holds(networks_, *ip);
  if (by_network) return {};
  const auto where =
      std::string(host) == address ? std::string(host) : std::string(host) + " is " + std::string(address);
  if (!ip || any_holds(dangerous(), *ip))
    return fail(FaultCode::address_not_allowed,
                where + ", which is of this machine, link-local or otherwise reserved; `allow: [" +
                    std::string(address) + "]` would permit it");
  if ((networks_.empty() && hosts_.empty()) || std::ranges::any_of(hosts_, named)) return {};
  return fail(FaultCode::address_not_allowed, where + ", which is not in the connection's `allow` list");
}

Result<void> Egress::check_by_name(std::string_view host) const {
  if (parse_ip(host)) return check(host, host);
  if (auto written = check_written(host); !written) return written;
  const auto named = [&](const std::string& allowed) { return same_host(allowed, host); };
  if ((networks_.empty() && hosts_.empty()) || std::ranges::any_of(hosts_, named)) return {};
  return fail(FaultCode::address_not_allowed, std::string(host) +
                                                  " is resolved by the proxy, so it is judged by its name, and that is "
                                                  "not in the connection's `allow` list");
}

Result<void> Egress::check_written(std::string_view host) const {
  if (parse_ip(host)) return check(host, host);
  if (!same_host(host, "localhost")) return {};
  if (check(host, "127.0.0.1") || check(host, "::1")) return {};
  return check(host, "127.0.0.1");
}

}  // namespace myelin::http
