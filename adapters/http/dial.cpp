#include "adapters/http/dial.h"

#include "engine/net/http_client.h"
#include "engine/net/tls_stream.h"

namespace myelin::http {
namespace {

std::string authority_with_port(const Url& url) {
  const bool six = url.address.host.find(':') != std::string::npos;
  const auto host = six ? "[" + url.address.host + "]" : url.address.host;
  return host + ":" + std::to_string(url.address.port);
}

Task<Result<std::unique_ptr<net::Stream>>> connect_to(Loop& loop, Url url, std::shared_ptr<net::TlsContext> tls,
                                                      Egress egress, Duration limit, std::stop_token stop) {
  const auto host = url.address.host;
  auto rule = std::make_shared<const net::AddressRule>(
      [host, egress](const std::string& address) { return egress.check(host, address); });
  auto connecting = net::connect(loop, url.address, std::move(tls), limit, std::move(stop), std::move(rule));
  co_return co_await connecting;
}

// A stream to the proxy becomes one to the peer.
Task<Result<void>> ask_for_tunnel(Loop& loop, net::Stream& stream, Url url, Proxy proxy, Duration limit) {
  net::HttpRequest request;
  request.method = "CONNECT";
  request.target = authority_with_port(url);
  auto known = proxy_authorization(proxy);
  if (!known) co_return fail(known);
  if (!known->empty()) request.headers.push_back({"Proxy-Authorization", std::move(*known)});
  net::HttpExchange exchange;
  exchange.host = request.target;
  exchange.write = limit;
  exchange.answer = limit;
  auto asking = net::exchange_http(loop, stream, std::move(request), std::move(exchange));
  const auto answer = co_await asking;
  if (!answer)
    co_return fail(FaultCode::unreachable, "the proxy " + proxy.url.authority + ": " + to_string(answer.error()));
  if (answer->status >= 200 && answer->status < 300) co_return Result<void>();
  const auto said = std::to_string(answer->status) + " " + std::string(net::reason_phrase(answer->status));
  co_return fail(FaultCode::unreachable, "the proxy " + proxy.url.authority + " answered " + said);
}

}  // namespace

Result<std::string> proxy_authorization(const Proxy& proxy) {
  return proxy.auth ? authorization(*proxy.auth) : Result<std::string>(std::string());
}

bool names_whole_url(const Url& url, const std::optional<Proxy>& proxy) { return proxy && !url.secure; }

Task<Result<std::unique_ptr<net::Stream>>> dial(Loop& loop, Way way, std::stop_token stop) {
  if (!way.proxy) {
    auto straight = connect_to(loop, way.url, way.tls, way.egress, way.limit, stop);
    co_return co_await straight;
  }
  const auto allowed = way.egress.check_by_name(way.url.address.host);
  if (!allowed) co_return fail(Fault(allowed.error()));
  const auto end = loop.mono() + way.limit;
  auto to_proxy = connect_to(loop, way.proxy->url, nullptr, way.egress, way.limit, stop);
  auto stream = co_await to_proxy;
  if (!stream || !way.url.secure) co_return stream;
  net::Stream* const lower = stream->get();
  const std::stop_callback close_on_stop(stop, [lower] { lower->close(); });
  auto tunnel = ask_for_tunnel(loop, **stream, way.url, *way.proxy, end - loop.mono());
  auto open = co_await tunnel;
  if (!open) {
    lower->close();
    co_return fail(open);
  }
  auto secured = net::tls_handshake(std::move(*stream), way.tls, way.url.address.host, end - loop.mono());
  co_return co_await secured;
}

}  // namespace myelin::http
