#include "engine/net/http_client.h"

#include <algorithm>

#include "engine/net/http_reader.h"

namespace myelin::net {

Task<Result<HttpResponse>> exchange_http(Loop& loop, Stream& stream, HttpRequest request, HttpExchange exchange) {
  const auto text = render(request, exchange.host);
  // A write that fails is no verdict: a server may refuse a body, answer and close before it has read all of it.
  const auto written = co_await stream.write_all(text, exchange.write);
  HttpResponseReader reader(
      exchange.limits, request.method == "HEAD" || request.method == "CONNECT" ? HttpBody::omitted : HttpBody::whole);
  std::string buffer(16 * 1024, '\0');
  const auto deadline = loop.mono() + exchange.answer;
  while (!reader.done()) {
    const auto into = std::span<char>(buffer);
    const auto left = std::max<Duration>(deadline - loop.mono(), Duration(1));
    const auto got = co_await stream.read_some(into, left);
    if (!got && got.error() == StreamError::timeout) co_return fail(FaultCode::no_answer, "no answer in time");
    if (!got && (!written || got.error() != StreamError::closed))
      co_return fail(FaultCode::connection_lost, "the connection broke before the answer");
    const auto size = got ? *got : std::size_t(0);
    const auto bytes = std::string_view(buffer).substr(0, size);
    auto fed = got ? reader.feed(bytes) : reader.finish();
    if (!fed) co_return fail(fed);
  }
  co_return reader.take();
}

}  // namespace myelin::net
