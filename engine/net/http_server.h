// HTTP/1.1 server over net::Stream: keep-alive, pipelining, chunked bodies, time limits; what it serves is one
// function. Everything runs on one Loop; a request of one connection waits until the one before it is answered.
#pragma once

#include <functional>
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
  Duration idle = seconds(60);     // between requests; then the connection is closed in silence
  Duration request = seconds(30);  // from the first byte to the last; then request_timeout
  Duration write = seconds(30);
  std::size_t connections = 100;  // more are closed at once
  // How a fault of the protocol itself (400, 408, 413, 431) is said to the peer; empty: a line of text.
  std::function<HttpResponse(const Fault&)> refuse;
};

// One connection, until the peer or a time limit ends it, or `stop`: then the request in hand is still answered.
Task<void> serve_http_connection(Loop& loop, Stream& stream, const HttpHandler& handler,
                                 const HttpServerSettings& settings, std::stop_token stop);

// All connections of `listener` until `stop`; closes the listener, then returns when the last connection has ended.
Task<void> serve_http(Loop& loop, Listener& listener, HttpHandler handler, HttpServerSettings settings,
                      std::stop_token stop);

}  // namespace myelin::net
