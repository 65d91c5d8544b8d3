// Connecting: resolve off the loop, try each address in turn, then the TLS handshake, all inside one time limit.
#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <vector>

#include "engine/net/asio_loop_impl.h"
#include "engine/net/socket.h"
#include "engine/net/socket_name.h"
#include "engine/net/socket_stream.h"
#include "engine/net/tls_stream.h"

namespace myelin::net {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;
using Endpoints = std::vector<boost::asio::generic::stream_protocol::endpoint>;

// What both a late callback and the caller that gave up on it may hold.
struct Attempt {
  explicit Attempt(AsioLoop& on) : loop(on), woken(on) {}
  AsioLoop& loop;
  Wakeup woken;
  MonoTime end;
  bool done = false;
  bool stopped = false;
  error_code error;
  Endpoints endpoints;

  // False when the limit passed or the caller was told to stop.
  Task<bool> wait() {
    while (!done && !stopped) {
      const auto left = end - loop.mono();
      if (left <= Duration::zero()) break;
      co_await woken.wait_for(left);
    }
    co_return done && !stopped;
  }
  std::string reason() const {
    if (stopped) return "stopped";
    return done ? error.message() : "no connection in time";
  }
};

void resolve(const std::shared_ptr<Attempt>& attempt, const Address& address) {
  const auto resolver = std::make_shared<ip::tcp::resolver>(attempt->loop.impl().context);
  const auto host = address.host.empty() ? std::string("127.0.0.1") : address.host;
  error_code no_number;
  const auto number = ip::make_address(host, no_number);
  if (!no_number) {
    attempt->endpoints.emplace_back(ip::tcp::endpoint(number, address.port));
    attempt->done = true;
    return;
  }
  resolver->async_resolve(host, std::to_string(address.port), ip::resolver_base::numeric_service,
                          [attempt, resolver](error_code error, const ip::tcp::resolver::results_type& found) {
                            attempt->error = error;
                            for (const auto& entry : found) attempt->endpoints.emplace_back(entry.endpoint());
                            attempt->done = true;
                            attempt->woken.notify();
                          });
}

Task<std::optional<AnySocket>> connect_one(std::shared_ptr<Attempt> attempt, Endpoints::value_type endpoint) {
  const auto socket = std::make_shared<AnySocket>(attempt->loop.impl().context);
  attempt->done = false;
  attempt->error = {};
  socket->async_connect(endpoint, [attempt, socket](error_code error) {
    if (!socket->is_open()) return;  // given up
    attempt->error = error;
    attempt->done = true;
    attempt->woken.notify();
  });
  const bool in_time = co_await attempt->wait();
  if (in_time && !attempt->error) co_return std::move(*socket);
  error_code ignored;
  static_cast<void>(socket->close(ignored));
  co_return std::nullopt;
}

std::unexpected<Fault> unreachable(const std::string& where, const std::string& reason) {
  return fail(FaultCode::unreachable, where + ": " + reason);
}

Task<Result<AnySocket>> connect_any(std::shared_ptr<Attempt> attempt, std::string where) {
  for (const auto& endpoint : Endpoints(attempt->endpoints)) {
    auto socket = co_await connect_one(attempt, endpoint);
    if (socket) co_return std::move(*socket);
    if (attempt->stopped || attempt->loop.mono() >= attempt->end) break;
  }
  co_return unreachable(where, attempt->reason());
}

// Keeps what the rule allows.
Result<void> keep_allowed(Endpoints& endpoints, const AddressRule* rule) {
  if (rule == nullptr) return {};
  Result<void> refused;
  std::erase_if(endpoints, [&](const Endpoints::value_type& endpoint) {
    auto name = name_of(reinterpret_cast<const sockaddr*>(endpoint.data()));
    name.resize(name.rfind(':'));
    if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
    auto allowed = (*rule)(name);
    const bool drop = !allowed;
    if (drop) refused = std::move(allowed);
    return drop;
  });
  return endpoints.empty() ? refused : Result<void>();
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext> tls,
                                              Duration limit, std::stop_token stop) {
  auto connecting = connect(loop, std::move(address), std::move(tls), limit, std::move(stop), nullptr);
  co_return co_await connecting;
}

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext> tls,
                                              Duration limit, std::stop_token stop,
                                              std::shared_ptr<const AddressRule> rule) {
  auto* const asio_loop = as_asio_loop(loop);
  const auto where = name_of(address.host.empty() ? "127.0.0.1" : address.host, address.port);
  if (asio_loop == nullptr || address.port == 0)
    co_return fail(FaultCode::bad_address, where + " cannot be connected to");
  const auto attempt = std::make_shared<Attempt>(*asio_loop);
  attempt->end = loop.mono() + limit;
  const std::stop_callback on_stop(stop, [attempt] {
    attempt->stopped = true;
    attempt->loop.post([attempt] { attempt->woken.notify(); });
  });

  resolve(attempt, address);
  const bool resolved = co_await attempt->wait();
  if (!resolved || attempt->error) co_return unreachable(where, attempt->reason());
  auto allowed = keep_allowed(attempt->endpoints, rule.get());
  if (!allowed) co_return fail(allowed);
  auto socket = co_await connect_any(attempt, where);
  if (!socket) co_return fail(socket);
  set_socket_options(*socket);
  std::unique_ptr<Stream> stream = std::make_unique<SocketStream>(*asio_loop, std::move(*socket), where);
  if (!tls) co_return stream;

  Stream* const lower = stream.get();
  const std::stop_callback close_on_stop(stop, [lower] { lower->close(); });
  auto secured = co_await tls_handshake(std::move(stream), std::move(tls), address.host, attempt->end - loop.mono());
  co_return secured;
}

Task<Result<std::unique_ptr<Stream>>> connect_unix(Loop& loop, std::string path, Duration limit) {
  auto* const asio_loop = as_asio_loop(loop);
  if (asio_loop == nullptr || path.size() >= sizeof(sockaddr_un::sun_path))
    co_return fail(FaultCode::bad_address, path + " cannot be connected to");
  const auto attempt = std::make_shared<Attempt>(*asio_loop);
  attempt->end = loop.mono() + limit;
  attempt->endpoints.emplace_back(boost::asio::local::stream_protocol::endpoint(path));
  auto socket = co_await connect_any(attempt, path);
  if (!socket) co_return fail(socket);
  co_return std::make_unique<SocketStream>(*asio_loop, std::move(*socket), path);
}

}  // namespace myelin::net
