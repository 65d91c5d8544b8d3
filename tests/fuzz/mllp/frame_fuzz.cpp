// Arbitrary bytes as an MLLP stream. Held: no crash, the limits, nothing invented, and the same events wherever the
// bytes are cut. The first byte says how: pieces of that size; the second is the limit of a frame.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/mllp/frame.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

struct Seen {
  std::string events;
  std::size_t content = 0;
};

void note(Seen& seen, const mllp::FrameEvent& event, std::size_t limit) {
  using Kind = mllp::FrameEvent::Kind;
  if (event.kind == Kind::frame || event.kind == Kind::unterminated) require(event.bytes.size() <= limit);
  if (event.kind == Kind::junk) require(!event.bytes.empty() && event.bytes.size() <= mllp::kMaxJunk);
  if (event.kind == Kind::too_large) require(event.bytes.size() <= limit);
  seen.content += event.bytes.size();
  seen.events.append(1, static_cast<char>('0' + static_cast<int>(event.kind))).append(event.bytes).append("|");
}

Seen read(std::string_view bytes, std::size_t step, std::size_t limit) {
  mllp::Framer framer(limit);
  Seen seen;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    framer.feed(bytes.substr(at, step));
    while (auto event = framer.next()) note(seen, *event, limit);
  }
  if (auto event = framer.pause()) note(seen, *event, limit);
  if (auto rest = framer.rest()) {
    seen.content += rest->size();
    seen.events.append("rest").append(*rest);
  }
  require(seen.content <= bytes.size());
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t step = 1 + data[0];
  const std::size_t limit = 1 + data[1];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = read(bytes, bytes.size() + 1, limit);
  require(read(bytes, step, limit).events == whole.events);
  require(read(bytes, 1, limit).events == whole.events);

  // What is framed comes back, whatever it holds, unless it reads like the end of a frame or the start of the next.
  const bool plain = bytes.find(mllp::kEnd) == bytes.npos && bytes.find(mllp::kStart) == bytes.npos;
  if (!plain) return 0;
  mllp::Framer framer(bytes.size());
  framer.feed(mllp::frame(bytes));
  const auto event = framer.next();
  require(event && event->kind == mllp::FrameEvent::Kind::frame && event->bytes == bytes);
  return 0;
}
