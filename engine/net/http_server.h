// HTTP/1.1 server over net::Stream: keep-alive, pipelining, chunked bodies, time limits; what it serves is one
// function. Everything runs on one Loop; a request of one connection waits until the one before it is answered.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/net/http.h"
#include "engine/net/socket.h"

namespace myelin::net {

// Gets the request with path, query and peer filled in. HEAD arrives as GET.
using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

struct HttpServerSettings {
  HttpLimits limits;
  Duration idle = seconds(60);       // between requests; then the connection is closed in silence
  Duration request = seconds(30);    // from the first byte to the last; then request_timeout
  Duration head = Duration::zero();  // from the first byte to the end of the head; zero: as `request`
  Duration write = seconds(30);
  Duration stop_grace = kNoLimit;  // after `stop`: what then is still not finished is closed
  std::size_t connections = 100;   // more are closed at once
  // How a fault of the protocol itself (400, 408, 413, 431) is said to the peer; empty: a line of text.
  std::function<HttpResponse(const Fault&)> refuse;
  // Asked when the head is there and the body is not: an answer refuses the request before its body is read.
  std::function<std::optional<HttpResponse>(const HttpRequest& head)> admit;
  // Told of a request that began and never became whole: why, who, and what there was of its body.
  std::function<void(const Fault&, const std::string& peer, std::string body)> unfinished;
};

// One connection, until the peer or a time limit ends it, or `stop`: then the request in hand is still answered.
Task<void> serve_http_connection(Loop& loop, Stream& stream, const HttpHandler& handler,
                                 const HttpServerSettings& settings, std::stop_token stop);

// All connections of `listener` until `stop`; closes the listener, then returns when the last connection has ended.
Task<void> serve_http(Loop& loop, Listener& listener, HttpHandler handler, HttpServerSettings settings,
                      std::stop_token stop);

}  // namespace myelin::net
