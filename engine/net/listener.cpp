// Listening: plain sockets are accepted when asked for; with TLS a pump accepts and lets each handshake go on by
// itself, so that a slow one holds up nobody.
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <cerrno>
#include <deque>
#include <set>

#include "engine/base/event.h"
#include "engine/net/asio_loop_impl.h"
#include "engine/net/socket.h"
#include "engine/net/socket_name.h"
#include "engine/net/socket_stream.h"
#include "engine/net/tls_stream.h"

namespace myelin::net {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;
using Endpoint = boost::asio::generic::stream_protocol::endpoint;
using Accepted = std::expected<std::unique_ptr<Stream>, StreamError>;

constexpr Duration kHandshakeLimit = seconds(10);
constexpr Duration kPauseWithoutHandles = milliseconds(100);
constexpr std::size_t kMaxHandshakes = 256;  // and finished ones that nobody took yet

struct AcceptOne {
  Acceptor& acceptor;
  AnySocket& socket;
  error_code error{};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    acceptor.async_accept(socket, [this, waiter](error_code failed) {
      error = failed;
      waiter.resume();
    });
  }
  void await_resume() const noexcept {}
};

// Shared by the Listener and what still runs when it is gone.
struct Door {
  Door(AsioLoop& on, std::shared_ptr<TlsContext> with)
      : loop(on), acceptor(on.impl().context), tls(std::move(with)), ready(on), room(on) {}

  AsioLoop& loop;
  Acceptor acceptor;
  std::shared_ptr<TlsContext> tls;
  std::deque<std::unique_ptr<Stream>> secured;
  std::set<Stream*> handshaking;
  Wakeup ready, room;
  bool pumping = false;
  bool closed = false;

  void close() {
    if (closed) return;
    closed = true;
    error_code ignored;
    static_cast<void>(acceptor.close(ignored));
    const std::set<Stream*> streams = handshaking;
    for (Stream* stream : streams) stream->close();
  }
};

Task<Accepted> accept_plain(std::shared_ptr<Door> door) {
  while (!door->closed) {
    AnySocket socket(door->loop.impl().context);
    AcceptOne accept_one{door->acceptor, socket};
    co_await accept_one;
    if (door->closed) break;
    if (!accept_one.error) {
      set_socket_options(socket);
      auto peer = name_of_peer(socket);
      co_return std::make_unique<SocketStream>(door->loop, std::move(socket), std::move(peer));
    }
    // Out of file handles: without a pause this would turn in circles.
    const int error = accept_one.error.value();
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM)
      co_await door->room.wait_for(kPauseWithoutHandles);
  }
  co_return std::unexpected(StreamError::closed);
}

Task<void> secure(std::shared_ptr<Door> door, std::unique_ptr<Stream> stream) {
  Stream* const lower = stream.get();
  const std::string peer = stream->peer();
  door->handshaking.insert(lower);
  auto secured = co_await tls_handshake(std::move(stream), door->tls, std::string(), kHandshakeLimit);
  door->handshaking.erase(lower);
  if (secured && !door->closed) {
    door->secured.push_back(std::move(*secured));
    door->ready.notify();
  } else if (!secured && !door->closed) {
    const auto& fault = secured.error();
    const bool probe = fault.code == FaultCode::unreachable;  // a load balancer that looks whether we are there
    emit(probe ? EventKind::peer_closed : EventKind::peer_refused,
         {{Label::peer, peer}, {Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
  }
  door->room.notify();
}

Task<void> pump(std::shared_ptr<Door> door) {
  while (!door->closed) {
    if (door->handshaking.size() + door->secured.size() >= kMaxHandshakes) {
      co_await door->room.wait();
      continue;
    }
    auto accepted = co_await accept_plain(door);
    if (!accepted) break;
    spawn(secure(door, std::move(*accepted)));
  }
}

Task<Accepted> accept_secured(std::shared_ptr<Door> door) {
  if (!std::exchange(door->pumping, true)) spawn(pump(door));
  while (!door->closed) {
    if (!door->secured.empty()) {
      auto stream = std::move(door->secured.front());
      door->secured.pop_front();
      door->room.notify();
      co_return stream;
    }
    co_await door->ready.wait();
  }
  co_return std::unexpected(StreamError::closed);
}

class SocketListener final : public Listener {
 public:
  SocketListener(std::shared_ptr<Door> door, std::string address, std::string path)
      : door_(std::move(door)), address_(std::move(address)), path_(std::move(path)) {}
  ~SocketListener() override { SocketListener::close(); }

  Task<Accepted> accept() override { return door_->tls ? accept_secured(door_) : accept_plain(door_); }
  void close() override {
    if (!door_->closed && !path_.empty()) ::unlink(path_.c_str());
    if (door_->closed) return;
    door_->close();
    // Over the loop: whoever waits must not go on inside this call.
    door_->loop.post([door = door_] {
      door->ready.notify();
      door->room.notify();
    });
  }
  std::string address() const override { return address_; }

 private:
  std::shared_ptr<Door> door_;
  std::string address_;
  std::string path_;  // of a Unix socket, ours to remove
};

error_code bind_and_listen(Acceptor& acceptor, const Endpoint& endpoint, bool both_families) {
  error_code error;
  const bool tcp = endpoint.protocol().family() != AF_UNIX;
  static_cast<void>(acceptor.open(endpoint.protocol(), error));
  if (!error && tcp) static_cast<void>(acceptor.set_option(boost::asio::socket_base::reuse_address(true), error));
  if (!error && both_families) static_cast<void>(acceptor.set_option(ip::v6_only(false), error));
  if (!error) static_cast<void>(acceptor.bind(endpoint, error));
  if (!error) static_cast<void>(acceptor.listen(boost::asio::socket_base::max_listen_connections, error));
  if (!error) return error;
  error_code ignored;
  static_cast<void>(acceptor.close(ignored));
  return error;
}

std::unexpected<Fault> cannot_listen(const std::string& where, const error_code& error) {
  const bool in_use = error.value() == EADDRINUSE;
  return fail(in_use ? FaultCode::port_in_use : FaultCode::bad_address, where + ": " + error.message());
}

// The addresses of this machine that `address` names, best first.
std::vector<Endpoint> local_endpoints(AsioLoop& loop, const Address& address, error_code& error) {
  if (address.host.empty())
    return {ip::tcp::endpoint(ip::address_v6::any(), address.port),
            ip::tcp::endpoint(ip::address_v4::any(), address.port)};
  ip::tcp::resolver resolver(loop.impl().context);
  std::vector<Endpoint> found;
  const auto flags = ip::resolver_base::passive | ip::resolver_base::numeric_service;
  for (const auto& entry : resolver.resolve(address.host, std::to_string(address.port), flags, error))
    found.emplace_back(entry.endpoint());
  return found;
}

}  // namespace

Result<std::unique_ptr<Listener>> listen(Loop& loop, const Address& address, std::shared_ptr<TlsContext> tls) {
  auto* const asio_loop = as_asio_loop(loop);
  const auto where = name_of(address.host, address.port);
  if (asio_loop == nullptr) return fail(FaultCode::bad_address, where + ": this loop has no sockets");
  error_code error;
  const auto endpoints = local_endpoints(*asio_loop, address, error);
  if (error) return cannot_listen(where, error);
  const auto door = std::make_shared<Door>(*asio_loop, std::move(tls));
  for (const auto& endpoint : endpoints) {
    const bool both_families = address.host.empty() && endpoint.protocol().family() == AF_INET6;
    error = bind_and_listen(door->acceptor, endpoint, both_families);
    if (!error || error.value() == EADDRINUSE) break;
  }
  if (error || endpoints.empty()) return cannot_listen(where, error);
  const auto local = door->acceptor.local_endpoint(error);
  if (error) return cannot_listen(where, error);
  return std::make_unique<SocketListener>(door, name_of(local.data()), std::string());
}

Result<std::unique_ptr<Listener>> listen_unix(Loop& loop, const std::string& path, unsigned mode) {
  auto* const asio_loop = as_asio_loop(loop);
  if (asio_loop == nullptr || path.size() >= sizeof(sockaddr_un::sun_path))
    return fail(FaultCode::bad_address, path + ": not usable as the path of a socket");
  const boost::asio::local::stream_protocol::endpoint endpoint(path);

  struct stat found{};
  if (::lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode))
      return fail(FaultCode::bad_address, path + ": there is a file of this name that is no socket");
    boost::asio::local::stream_protocol::socket probe(asio_loop->impl().context);
    error_code dead;
    static_cast<void>(probe.connect(endpoint, dead));
    if (!dead) return fail(FaultCode::port_in_use, path + ": another process listens there");
    ::unlink(path.c_str());
  }
  const auto door = std::make_shared<Door>(*asio_loop, nullptr);
  // The mode holds from the first moment on: nobody else can connect in between.
  const auto mask = ::umask(0777 & ~mode);
  const auto error = bind_and_listen(door->acceptor, endpoint, false);
  ::umask(mask);
  if (error) return cannot_listen(path, error);
  return std::make_unique<SocketListener>(door, path, path);
}

}  // namespace myelin::net
