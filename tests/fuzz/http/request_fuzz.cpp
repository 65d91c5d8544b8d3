// Arbitrary bytes as HTTP requests. Held: no crash, the limits, and the same requests wherever the bytes are split.
// The first byte says how: pieces of that size.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/http_reader.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

constexpr net::HttpLimits kLimits{1024, 2048};

// One line for each request that was read, then how it ended.
std::vector<std::string> read_all(std::string_view text, std::size_t step) {
  net::HttpRequestReader reader(kLimits);
  std::vector<std::string> seen;
  for (std::size_t at = 0; at < text.size(); at += step) {
    auto fed = reader.feed(text.substr(at, step));
    while (fed && reader.done()) {
      auto request = reader.take();
      require(request.body.size() <= kLimits.body);
      const auto split = net::split_target(request);
      seen.push_back(request.method + " " + (split ? request.path : "refused") + " " + request.body);
      fed = reader.feed({});
    }
    if (fed) continue;
    seen.push_back("refused");
    return seen;
  }
  seen.push_back(reader.started() ? "unfinished" : "end");
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t step = data[0] + std::size_t(1);
  const auto whole = read_all(text, text.size() + 1);
  const auto pieces = read_all(text, step);
  // A fault behind a whole request may be met before or after that request is taken, so only agreement up to it holds.
  if (whole.back() != "refused" && pieces.back() != "refused") require(whole == pieces);

  net::HttpResponseReader answers(kLimits);
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (!answers.feed(text.substr(at, step))) return 0;
    if (answers.done()) answers.take();
  }
  if (!answers.done()) (void)answers.finish();
  return 0;
}
