// Settings of the two directions of an http connection; spec.cpp fills them from options.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/credentials.h"
#include "adapters/http/egress.h"
#include "adapters/http/url.h"
#include "engine/net/http.h"
#include "engine/net/socket.h"
#include "engine/net/tls.h"

namespace myelin::http {

enum class Reply : std::uint8_t { ack, status };

struct SourceSettings {
  net::Address listen;
  std::shared_ptr<net::TlsContext> tls;              // null: plain
  std::vector<std::string> paths = {"/"};            // "/orders" is that path, "/orders/*" what stands below it
  std::vector<std::string> methods = {"POST"};       // in capitals
  std::vector<std::string> content_types = {"*/*"};  // in small letters; "*/*": any
  Reply reply = Reply::ack;
  std::string part;  // of a multipart body: the one that is the message; empty: the only one, or the only file
  std::optional<Credentials> auth;

  std::size_t max_head = std::size_t{16} * 1024;
  std::size_t max_body = std::size_t{64} * 1024 * 1024;
  std::size_t max_connections = 1000;
  Duration idle = seconds(60);      // between requests
  Duration head = seconds(30);      // from a request's first byte to the end of its head
  Duration request = seconds(120);  // … to its last byte
  Duration write = seconds(30);
  Duration stop_grace = seconds(10);  // for requests in flight when the source stops
};

// OAuth 2 client credentials (RFC 6749, 4.4).
struct TokenSettings {
  Url url;
  std::shared_ptr<net::TlsContext> tls;  // null: plain
  std::string client;
  config::SecretReference secret;
  std::string scope;  // empty: none asked for
};

// What stands between us and the peers of a destination. It is asked in clear; what goes through it need not be.
struct Proxy {
  Url url;
  std::optional<Credentials> auth;
};

struct WrittenHeader {
  std::string name;
  std::string value;                              // empty where `secret` is
  std::optional<config::SecretReference> secret;  // resolved for each request
};

// What depends on the message has become text by the time of a send (Outbound::text): "url", "body", "headers.NAME".
struct DestinationSettings {
  Url url;
  std::shared_ptr<net::TlsContext> tls;  // null: plain
  std::string method = "POST";
  std::string content_type = "application/hl7-v2";
  std::vector<WrittenHeader> headers;
  std::optional<std::string> body;  // instead of the message's bytes
  std::optional<Credentials> auth;
  std::optional<TokenSettings> token;
  std::optional<Proxy> proxy;
  Egress egress;

  std::size_t max_answer = std::size_t{16} * 1024 * 1024;
  Duration answer_timeout = seconds(30);
  Duration connect_timeout = seconds(10);
  Duration write_timeout = seconds(30);  // for each MiB
};

}  // namespace myelin::http
