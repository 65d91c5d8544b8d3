// The URL of a peer, taken apart once when the configuration is read (RFC 3986, http and https only).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/net/socket.h"

namespace myelin::http {

struct Url {
  bool secure = false;
  net::Address address;   // the port by the scheme where none is written; an IPv6 address without its brackets
  std::string authority;  // the Host field: "portal.example", "portal.example:8443", "[2001:db8::1]"
  std::string target;     // "/orders?site=west"; "/" where the URL has no path
};

// Nothing when it is no absolute http or https URL, or has a user, a password, a fragment, a blank or a control byte.
std::optional<Url> parse_url(std::string_view text);
// Of a text that is none: that its port is out of range; empty where something else is wrong.
std::string url_port_mistake(std::string_view text);

}  // namespace myelin::http
