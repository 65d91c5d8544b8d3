// How a peer is reached: straight, or through a proxy (RFC 9110, 9.3.6), where `egress` allows it. TLS is always with
// the peer itself: a proxy carries bytes that it cannot read.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include "adapters/http/settings.h"
#include "engine/base/task.h"
#include "engine/net/stream.h"

namespace myelin::http {

struct Way {
  Url url;
  std::shared_ptr<net::TlsContext> tls;  // null: plain
  Egress egress;
  std::optional<Proxy> proxy;
  Duration limit = seconds(10);  // for all of it
};

// unreachable, tls_failed, peer_not_allowed, address_not_allowed, secret_missing.
Task<Result<std::unique_ptr<net::Stream>>> dial(Loop& loop, Way way, std::stop_token stop);

// The Proxy-Authorization field; empty where the proxy wants none. secret_missing.
Result<std::string> proxy_authorization(const Proxy& proxy);

// A plain request through a proxy names the whole URL; with TLS it goes through a tunnel and names the path alone.
bool names_whole_url(const Url& url, const std::optional<Proxy>& proxy);

}  // namespace myelin::http
