// Stream: a connection, whatever is under it: TCP, TLS, a Unix socket, or memory in tests. One reader and one writer
// at a time, both on the stream's Loop. A time limit that passes closes nothing: the caller decides.
// A stream outlives the calls on it: close() it, let them return, then destroy it.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/loop.h"
#include "engine/base/task.h"

namespace myelin::net {

enum class StreamError : std::uint8_t { closed, timeout, reset, failed };

// Wait as long as it takes.
inline constexpr Duration kNoLimit = Duration::max();

class Stream {
 public:
  virtual ~Stream() = default;
  // At least one byte; `closed` at the peer's orderly end (it may still read what we write).
  virtual Task<std::expected<std::size_t, StreamError>> read_some(std::span<char> into, Duration limit) = 0;
  // All of it, in as few system calls as the kernel allows (one frame is one write).
  virtual Task<std::expected<void, StreamError>> write_all(std::string_view bytes, Duration limit) = 0;
  // Tells the peer that nothing more comes; reading goes on.
  virtual Task<void> finish_writing(Duration limit);
  // Ends reads and writes in flight with `closed`. Idempotent.
  virtual void close() = 0;
  virtual const std::string& peer() const = 0;  // "10.1.2.3:40112"
  // The peer has ended its side and nothing of it is left to read; false also where that cannot be seen.
  virtual bool ended() { return false; }
  // The first of the names in the certificate that the peer proved to be its own; empty: it was asked for none.
  virtual std::string certified_name() const { return {}; }
  // Why a call answered `failed`, where the layer below has a word for it (a TLS alert); else empty.
  virtual std::string why() const { return {}; }
};

// "closed", "timeout", "reset" or "failed".
std::string_view to_string(StreamError error);

// Reads and throws away until the peer ends or `limit` passes, then closes: what was written last is not lost to a
// reset, which is what closing with unread bytes causes.
Task<void> linger_and_close(Loop& loop, Stream& stream, Duration limit);

// Two ends of one connection in memory, on one Loop. Each direction holds 64 KiB before its writer waits.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_memory_pair(Loop& loop);

}  // namespace myelin::net
