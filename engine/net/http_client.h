// HTTP/1.1 client over a net::Stream that is connected already: one exchange at a time, as many as the peer keeps open.
#pragma once

#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/net/http.h"
#include "engine/net/stream.h"

namespace myelin::net {

struct HttpExchange {
  std::string host = "localhost";  // the Host field
  HttpLimits limits{64 * 1024, 64 * 1024 * 1024};
  Duration write = seconds(10);
  Duration answer = seconds(30);  // from the end of the request to the end of the answer
};

// no_answer (the limit passed), connection_lost, garbage_answer. After a fault, or an answer without keep_alive, the
// stream is of no further use; the caller closes it.
Task<Result<HttpResponse>> exchange_http(Loop& loop, Stream& stream, HttpRequest request, HttpExchange exchange);

}  // namespace myelin::net
