// Stream: a connection, whatever is under it: TCP, TLS, a Unix socket, or memory in tests. One reader and one writer
// at a time, both on the stream's Loop. A time limit that passes closes nothing: the caller decides.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/loop.h"
#include "engine/base/task.h"

namespace myelin::net {

enum class StreamError : std::uint8_t { closed, timeout, reset, failed };

class Stream {
 public:
  virtual ~Stream() = default;
  // At least one byte; `closed` at the peer's orderly end (it may still read what we write).
  virtual Task<std::expected<std::size_t, StreamError>> read_some(std::span<char> into, Duration limit) = 0;
  // All of it, in as few system calls as the kernel allows (one frame is one write).
  virtual Task<std::expected<void, StreamError>> write_all(std::string_view bytes, Duration limit) = 0;
  // Ends reads and writes in flight with `closed`. Idempotent.
  virtual void close() = 0;
  virtual const std::string& peer() const = 0;  // "10.1.2.3:40112"
};

// Two ends of one connection in memory, on one Loop.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_memory_pair(Loop& loop);

}  // namespace myelin::net
