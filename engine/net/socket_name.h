// How a socket address is written: "10.1.2.3:2575", "[2001:db8::1]:2575".
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace myelin::net {

// An IPv4 address inside IPv6 (::ffff:10.1.2.3) is written as IPv4.
std::string name_of(const sockaddr* address);
std::string name_of(const std::string& host, std::uint16_t port);

}  // namespace myelin::net
