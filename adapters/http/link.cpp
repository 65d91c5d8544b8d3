#include "adapters/http/link.h"

#include <charconv>
#include <utility>

namespace myelin::http {
namespace {

constexpr std::size_t kReadSize = std::size_t{16} * 1024;
constexpr std::size_t kWriteSize = std::size_t{1024} * 1024;
constexpr Duration kMargin = seconds(1);  // before the peer's own time-out: its close may be on the way

// Of "timeout=5, max=100"; nothing where there is none.
std::optional<Duration> keep_alive_time(std::string_view field) {
  const auto found = field.find("timeout=");
  if (found == std::string_view::npos) return std::nullopt;
  const auto digits = field.substr(found + 8);
  std::uint32_t count = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (parsed.ec != std::errc()) return std::nullopt;
  return seconds(count);
}

}  // namespace

Link::Link(Loop& loop, std::unique_ptr<net::Stream> stream, net::HttpLimits limits)
    : loop_(loop), stream_(std::move(stream)), reader_(limits), changed_(loop) {}

std::shared_ptr<Link> Link::begin(Loop& loop, std::unique_ptr<net::Stream> stream, net::HttpLimits limits) {
  auto link = std::make_shared<Link>(loop, std::move(stream), limits);
  spawn(read(link));
  return link;
}

bool Link::alive() const { return !dead_ && loop_.mono() < usable_until_; }

// The reader wakes by the close and tells who waits.
void Link::end() {
  dead_ = true;
  stream_->close();
}

void Link::finish() {
  dead_ = true;
  stream_->close();
  changed_.notify();
}

Task<void> Link::read(std::shared_ptr<Link> link) {
  std::string buffer(kReadSize, '\0');
  while (!link->dead_) {
    const auto into = std::span<char>(buffer);
    const auto got = co_await link->stream_->read_some(into, net::kNoLimit);
    if (!link->asked_) break;  // the peer ended, or speaks out of turn
    const auto bytes = std::string_view(buffer).substr(0, got.value_or(0));
    auto fed = got ? link->reader_.feed(bytes) : link->reader_.finish();
    if (!fed) link->fault_ = std::move(fed.error());
    if (!fed || !got) break;
    if (link->reader_.done()) link->changed_.notify();
  }
  link->finish();
}

Task<void> Link::write(std::string_view request, Duration limit) {
  while (!request.empty()) {
    const auto part = request.substr(0, kWriteSize);
    request.remove_prefix(part.size());
    const auto sent = co_await stream_->write_all(part, limit);
    if (sent) continue;
    // An answer may have come all the same: a refusal before the end of the body.
    usable_until_ = MonoTime::min();
    co_return;
  }
}

Task<Result<net::HttpResponse>> Link::ask(std::shared_ptr<Link> link, std::string request, Limits limits) {
  link->asked_ = true;
  co_await link->write(request, limits.write);
  const auto end = link->loop_.mono() + limits.answer;
  while (!link->reader_.done() && !link->dead_) {
    const auto left = end - link->loop_.mono();
    if (left <= Duration::zero()) break;
    co_await link->changed_.wait_for(left);
  }
  link->asked_ = false;
  if (link->reader_.done()) {
    auto response = link->reader_.take();
    link->note_keep_alive(response);
    if (!response.keep_alive || link->reader_.surplus() || link->usable_until_ == MonoTime::min()) link->end();
    co_return response;
  }
  const bool silent = !link->dead_;
  link->end();
  if (link->fault_) co_return fail(*link->fault_);
  if (silent) {
    const auto limit = std::chrono::duration_cast<milliseconds>(limits.answer).count();
    co_return fail(FaultCode::no_answer, "no answer within " + std::to_string(limit) + " ms");
  }
  const auto why = link->stream_->why();
  co_return fail(FaultCode::connection_lost,
                 "the connection ended before the answer" + (why.empty() ? why : ": " + why));
}

void Link::note_keep_alive(const net::HttpResponse& response) {
  const auto time = keep_alive_time(find_header(response.headers, "Keep-Alive"));
  if (time && usable_until_ != MonoTime::min()) usable_until_ = loop_.mono() + *time - kMargin;
}

}  // namespace myelin::http
