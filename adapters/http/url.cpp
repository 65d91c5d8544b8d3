#include "adapters/http/url.h"

#include <algorithm>

#include "engine/config/spec.h"

namespace myelin::http {

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("https://")) url.secure = true;
  else if (!text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(url.secure ? 8 : 7);
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; });
  if (!plain) return std::nullopt;

  const auto end = std::min(text.find_first_of("/?"), text.size());
  const auto authority = text.substr(0, end);
  const auto rest = text.substr(end);
  url.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  url.authority = authority;
  if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;

  const auto bracket = authority.rfind(']');
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const auto whole = has_port ? std::string(authority) : std::string(authority) + (url.secure ? ":443" : ":80");
  const auto parsed = config::parse_address(whole);
  if (!parsed || parsed->host.empty() || parsed->port == 0) return std::nullopt;
  url.address = net::Address{parsed->host, parsed->port};
  return url;
}

std::string url_port_mistake(std::string_view text) {
  const auto begin = text.find("//");
  if (begin == std::string_view::npos) return {};
  const auto authority = text.substr(begin + 2);
  return config::port_mistake(authority.substr(0, authority.find_first_of("/?#")));
}

}  // namespace myelin::http
