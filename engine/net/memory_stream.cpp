// A connection in memory, for tests and rehearsals: as little as a real one does, and bounded like it.
#include <algorithm>
#include <array>

#include "engine/net/stream.h"

namespace myelin::net {
namespace {

constexpr std::size_t kCapacity = 64 * 1024;

// One direction. Wake-ups go over the loop, so a reader never runs inside its writer's call.
struct Pipe {
  explicit Pipe(Loop& loop) : readable(loop), writable(loop) {}
  std::string bytes;
  bool writer_ended = false;
  bool reader_ended = false;
  Wakeup readable, writable;
};

class MemoryStream final : public Stream {
 public:
  MemoryStream(Loop& loop, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, std::string peer)
      : loop_(loop), in_(std::move(in)), out_(std::move(out)), peer_(std::move(peer)) {}
  ~MemoryStream() override { MemoryStream::close(); }

  Task<std::expected<std::size_t, StreamError>> read_some(std::span<char> into, Duration limit) override {
    const auto pipe = in_;
    const auto end = deadline(limit);
    while (true) {
      if (closed_) co_return std::unexpected(StreamError::closed);
      if (!pipe->bytes.empty()) break;
      if (pipe->writer_ended) co_return std::unexpected(StreamError::closed);
      const bool woken = co_await wait(pipe->readable, end);
      if (!woken) co_return std::unexpected(StreamError::timeout);
    }
    const auto size = std::min(into.size(), pipe->bytes.size());
    std::copy_n(pipe->bytes.begin(), size, into.begin());
    pipe->bytes.erase(0, size);
    loop_.post([pipe] { pipe->writable.notify(); });
    co_return size;
  }

  Task<std::expected<void, StreamError>> write_all(std::string_view bytes, Duration limit) override {
    const auto pipe = out_;
    const auto end = deadline(limit);
    while (true) {
      if (closed_ || pipe->writer_ended) co_return std::unexpected(StreamError::closed);
      if (pipe->reader_ended) co_return std::unexpected(StreamError::reset);
      const auto size = std::min(bytes.size(), kCapacity - pipe->bytes.size());
      pipe->bytes.append(bytes.substr(0, size));
      bytes.remove_prefix(size);
      if (size > 0) wake(pipe);
      if (bytes.empty()) break;
      const bool woken = co_await wait(pipe->writable, end);
      if (!woken) co_return std::unexpected(StreamError::timeout);
    }
    co_return std::expected<void, StreamError>();
  }

  Task<void> finish_writing(Duration) override {
    out_->writer_ended = true;
    wake(out_);
    co_return;
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    in_->reader_ended = true;
    out_->writer_ended = true;
    wake(in_);
    wake(out_);
  }

  const std::string& peer() const override { return peer_; }
  bool ended() override { return in_->writer_ended && in_->bytes.empty(); }

 private:
  MonoTime deadline(Duration limit) const { return limit == kNoLimit ? MonoTime::max() : loop_.mono() + limit; }
  Wakeup::Wait wait(Wakeup& wakeup, MonoTime end) const {
    return end == MonoTime::max() ? wakeup.wait() : wakeup.wait_for(end - loop_.mono());
  }
  void wake(const std::shared_ptr<Pipe>& pipe) {
    loop_.post([pipe] {
      pipe->readable.notify();
      pipe->writable.notify();
    });
  }

  Loop& loop_;
  std::shared_ptr<Pipe> in_, out_;
  std::string peer_;
  bool closed_ = false;
};

}  // namespace

std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> make_memory_pair(Loop& loop) {
  auto there = std::make_shared<Pipe>(loop);
  auto back = std::make_shared<Pipe>(loop);
  auto first = std::make_unique<MemoryStream>(loop, back, there, "memory:1");
  auto second = std::make_unique<MemoryStream>(loop, there, back, "memory:2");
  return {std::move(first), std::move(second)};
}

}  // namespace myelin::net
