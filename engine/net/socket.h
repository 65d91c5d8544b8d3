// Listener and connector: where Streams come from. Every TCP socket gets TCP_NODELAY, keep-alive 30/10/3 and
// TCP_USER_TIMEOUT 30 s (delivery.md); names are resolved off the loop. The Loop must be an AsioLoop.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/net/stream.h"
#include "engine/net/tls.h"

namespace myelin::net {

struct Address {
  std::string host;  // empty: all interfaces (listen), loopback (connect)
  std::uint16_t port = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The next connection, TLS handshake done (10 s limit; a failed handshake is emitted and skipped, a slow one holds
  // up nobody). closed after close(). One call at a time; it has returned before the Listener is destroyed.
  virtual Task<std::expected<std::unique_ptr<Stream>, StreamError>> accept() = 0;
  virtual void close() = 0;
  virtual std::string address() const = 0;  // "127.0.0.1:2575", the port resolved
};

// port_in_use, bad_address. `tls` null: plain. A host name is resolved inside the call: it is one of this machine.
Result<std::unique_ptr<Listener>> listen(Loop& loop, const Address& address, std::shared_ptr<TlsContext> tls);
// A Unix socket at `path` with `mode`; a stale one is replaced, a live one is port_in_use. peer() of its streams is
// "uid:1000" (SO_PEERCRED). close() removes the path.
Result<std::unique_ptr<Listener>> listen_unix(Loop& loop, const std::string& path, unsigned mode);

// unreachable, tls_failed, peer_not_allowed, bad_address. `limit` is for all of it: name, connection, handshake.
// `stop` is asked for on the loop's thread and ends the call at once with `unreachable`.
Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext> tls,
                                              Duration limit, std::stop_token stop = {});
// Asks about each address that the host has ("10.1.2.3", without port) after its name was resolved; what it answers
// with a fault is not dialled, and where none is left that fault is the answer.
using AddressRule = std::function<Result<void>(const std::string&)>;
Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, std::shared_ptr<TlsContext> tls,
                                              Duration limit, std::stop_token stop,
                                              std::shared_ptr<const AddressRule> rule);
Task<Result<std::unique_ptr<Stream>>> connect_unix(Loop& loop, std::string path, Duration limit);

}  // namespace myelin::net
