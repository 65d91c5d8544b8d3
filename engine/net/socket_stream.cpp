#include "engine/net/socket_stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cerrno>

#include "engine/base/prompt.h"
#include "engine/net/socket_name.h"

namespace myelin::net {
namespace {

using boost::system::error_code;

// A peer that reads as fast as we write would have the loop for 50 ms with each 64 MiB.
constexpr std::size_t kSentInOneTurn = 64 * 1024;
// What came at once in such a piece is of a large message; the store's writer may wait for the processor.
constexpr std::size_t kMuch = 32 * 1024;

// Asio's callback resumes the coroutine: no frame, no allocation but Asio's own recycled one.
struct Receive {
  AnySocket& socket;
  std::span<char> into;
  error_code error{};
  std::size_t size = 0;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    socket.async_read_some(boost::asio::buffer(into.data(), into.size()),
                           [this, waiter](error_code failed, std::size_t got) {
                             error = failed;
                             size = got;
                             waiter.resume();
                           });
  }
  void await_resume() const noexcept {}
};

struct Writable {
  AnySocket& socket;
  error_code error{};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    socket.async_wait(AnySocket::wait_write, [this, waiter](error_code failed) {
      error = failed;
      waiter.resume();
    });
  }
  void await_resume() const noexcept {}
};

// Lets the loop do what else there is.
struct NextTurn {
  AsioLoop& loop;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    loop.post([waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}
};

StreamError stream_error(int error) {
  switch (error) {
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return StreamError::reset;
    default:
      return StreamError::failed;
  }
}

void set_number(int socket, int level, int option, int value) {
  // Best effort: a kernel without the option still carries the connection.
  static_cast<void>(::setsockopt(socket, level, option, &value, sizeof value));
}

}  // namespace

SocketStream::SocketStream(AsioLoop& loop, AnySocket socket, std::string peer)
    : loop_(loop), socket_(std::move(socket)), peer_(std::move(peer)) {}

SocketStream::~SocketStream() {
  SocketStream::close();
  loop_.cancel(timer_);
}

Task<std::expected<std::size_t, StreamError>> SocketStream::read_some(std::span<char> into, Duration limit) {
  begin(reading_, limit);
  Receive receive{socket_, into};
  while (!closed_) {
    co_await receive;
    if (!receive.error && receive.size > 0) {
      reading_.end = MonoTime::max();
      if (receive.size >= kMuch) give_way();
      co_return receive.size;
    }
    if (receive.error == boost::asio::error::eof) break;
    if (receive.error != boost::asio::error::operation_aborted)
      co_return std::unexpected(stream_error(receive.error.value()));
    if (reading_.passed) co_return std::unexpected(StreamError::timeout);
    // Cancelled for the writer's sake: read on.
  }
  reading_.end = MonoTime::max();
  co_return std::unexpected(StreamError::closed);
}

Task<std::expected<void, StreamError>> SocketStream::write_all(std::string_view bytes, Duration limit) {
  bool waited = false;
  while (!closed_) {
    const auto piece = std::min(bytes.size(), kSentInOneTurn);
    const auto sent = ::send(socket_.native_handle(), bytes.data(), piece, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      if (bytes.empty()) break;
      if (static_cast<std::size_t>(sent) < piece) continue;
      give_way();
      NextTurn turn{loop_};
      co_await turn;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) co_return std::unexpected(stream_error(errno));
    if (!waited) begin(writing_, limit);
    waited = true;
    Writable writable{socket_};
    co_await writable;
    if (writing_.passed) co_return std::unexpected(StreamError::timeout);
  }
  writing_.end = MonoTime::max();
  if (closed_) co_return std::unexpected(StreamError::closed);
  co_return std::expected<void, StreamError>();
}

Task<void> SocketStream::finish_writing(Duration) {
  if (!closed_) static_cast<void>(::shutdown(socket_.native_handle(), SHUT_WR));
  co_return;
}

bool SocketStream::ended() {
  char byte = 0;
  return !closed_ && ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void SocketStream::close() {
  if (closed_) return;
  closed_ = true;
  error_code ignored;
  static_cast<void>(socket_.close(ignored));
}

void SocketStream::begin(Limit& limit, Duration span) {
  limit.passed = false;
  limit.end = MonoTime::max();
  if (span == kNoLimit) return;
  limit.end = loop_.mono() + std::min<Duration>(span, hours(24 * 365));
  watch(limit.end);
}

void SocketStream::watch(MonoTime end) {
  if (end >= timer_end_) return;
  loop_.cancel(timer_);
  timer_end_ = end;
  timer_ = loop_.after(end - loop_.mono(), [this] { on_timer(); });
}

void SocketStream::on_timer() {
  timer_ = TimerId::none;
  timer_end_ = MonoTime::max();
  const auto now = loop_.mono();
  bool passed = false;
  for (Limit* limit : {&reading_, &writing_}) {
    if (limit->end > now) continue;
    limit->end = MonoTime::max();
    limit->passed = passed = true;
  }
  const auto next = std::min(reading_.end, writing_.end);
  if (next != MonoTime::max()) watch(next);
  error_code ignored;
  if (passed) static_cast<void>(socket_.cancel(ignored));
}

void set_socket_options(AnySocket& socket) {
  const int handle = socket.native_handle();
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  if (::getsockopt(handle, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 || family == AF_UNIX) return;
  set_number(handle, IPPROTO_TCP, TCP_NODELAY, 1);
  set_number(handle, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_number(handle, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set_number(handle, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set_number(handle, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_number(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
}

std::string name_of_peer(AnySocket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const auto handle = socket.native_handle();
  if (::getpeername(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "unknown";
  if (address.ss_family != AF_UNIX) return name_of(reinterpret_cast<const sockaddr*>(&address));
  ucred who{};
  size = sizeof who;
  if (::getsockopt(handle, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return "uid:unknown";
  return "uid:" + std::to_string(who.uid);
}

}  // namespace myelin::net
