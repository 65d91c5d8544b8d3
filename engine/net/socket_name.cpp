#include "engine/net/socket_name.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstring>

namespace myelin::net {

std::string name_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string name_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return name_of(text.data(), ntohs(v4.sin_port));
  }
  if (address->sa_family != AF_INET6) return "unknown";
  sockaddr_in6 v6{};
  std::memcpy(&v6, address, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text.data(), text.size());
  else ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return name_of(text.data(), ntohs(v6.sin6_port));
}

}  // namespace myelin::net
