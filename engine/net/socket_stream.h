// SocketStream: a Stream over a connected TCP or Unix socket. Reads go through Asio's epoll; a write is tried at once
// and only waits for epoll when the kernel's buffer is full, so an answer costs one system call.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>

#include "engine/net/asio_loop.h"
#include "engine/net/stream.h"

namespace myelin::net {

using AnySocket = boost::asio::generic::stream_protocol::socket;

class SocketStream final : public Stream {
 public:
  SocketStream(AsioLoop& loop, AnySocket socket, std::string peer);
  ~SocketStream() override;

  Task<std::expected<std::size_t, StreamError>> read_some(std::span<char> into, Duration limit) override;
  Task<std::expected<void, StreamError>> write_all(std::string_view bytes, Duration limit) override;
  Task<void> finish_writing(Duration limit) override;
  void close() override;
  const std::string& peer() const override { return peer_; }
  bool ended() override;

 private:
  // One direction's time limit. One timer serves both: it is armed lazily and left armed when a call returns in time.
  struct Limit {
    MonoTime end = MonoTime::max();
    bool passed = false;
  };
  void begin(Limit& limit, Duration span);
  void watch(MonoTime end);
  void on_timer();

  AsioLoop& loop_;
  AnySocket socket_;
  std::string peer_;
  Limit reading_, writing_;
  TimerId timer_ = TimerId::none;
  MonoTime timer_end_ = MonoTime::max();
  bool closed_ = false;
};

// TCP_NODELAY, keep-alive 30/10/3, TCP_USER_TIMEOUT 30 s (delivery.md). Nothing for a Unix socket.
void set_socket_options(AnySocket& socket);

// "10.1.2.3:40112", "[fe80::1]:2575"; for a Unix socket "uid:1000", who holds the other end.
std::string name_of_peer(AnySocket& socket);

}  // namespace myelin::net
