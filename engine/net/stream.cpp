#include "engine/net/stream.h"

#include <algorithm>
#include <array>

namespace myelin::net {

std::string_view to_string(StreamError error) {
  switch (error) {
    case StreamError::closed:
      return "closed";
    case StreamError::timeout:
      return "timeout";
    case StreamError::reset:
      return "reset";
    case StreamError::failed:
      return "failed";
  }
  return "failed";
}

Task<void> Stream::finish_writing(Duration) { co_return; }

Task<void> linger_and_close(Loop& loop, Stream& stream, Duration limit) {
  const auto end = loop.mono() + limit;
  co_await stream.finish_writing(limit);
  std::array<char, 16 * 1024> waste;
  for (auto now = loop.mono(); now < end; now = loop.mono()) {
    const auto got = co_await stream.read_some(waste, end - now);
    if (!got) break;
  }
  stream.close();
}

}  // namespace myelin::net
