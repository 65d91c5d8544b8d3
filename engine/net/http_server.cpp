// Flow of one connection: 1 read until a request is whole · 2 hand it to the handler · 3 write the answer · 4 again.
// After a fault of the protocol nobody knows where the next request begins: it is answered and the connection closed.
#include "engine/net/http_server.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/base/event.h"
#include "engine/net/http_reader.h"

namespace myelin::net {
namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr Duration kLinger = seconds(2);
constexpr Duration kAcceptPause = milliseconds(50);

HttpResponse plain_refusal(const Fault& fault) {
  HttpResponse response;
  response.status = entry(fault.code).http_status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = to_string(fault) + "\n";
  return response;
}

// One peer. While it waits for a request, `stop` closes it at once.
class Connection {
 public:
  Connection(Loop& loop, Stream& stream, const HttpHandler& handler, const HttpServerSettings& settings)
      : loop_(loop),
        stream_(stream),
        handler_(handler),
        settings_(settings),
        reader_(settings.limits),
        buffer_(kReadSize, '\0') {}

  Task<void> run(std::stop_token stop) {
    const auto alive = std::make_shared<Connection*>(this);
    const std::stop_callback on_stop(stop, [&loop = loop_, watch = std::weak_ptr(alive)] {
      loop.post([watch] {
        const auto connection = watch.lock();
        if (connection && (*connection)->idle_) (*connection)->stream_.close();
      });
    });
    bool more = true;
    while (more && !stop.stop_requested()) more = co_await one_request(stop);
    stream_.close();
  }

 private:
  Task<bool> one_request(std::stop_token stop) {
    admitted_ = false;
    auto whole = co_await read_request();
    if (refusal_) {
      co_await say_last(std::move(*refusal_));
      co_return false;
    }
    if (!whole) {
      const bool begun = !broken_ || reader_.started();
      if (begun && settings_.unfinished) settings_.unfinished(whole.error(), stream_.peer(), reader_.take_unfinished());
      if (!broken_) co_await refuse(whole.error());
      co_return false;
    }
    auto request = reader_.take();
    request.peer = stream_.peer();
    request.certified_name = stream_.certified_name();
    const auto body = request.method == "HEAD" ? HttpBody::omitted : HttpBody::whole;
    if (body == HttpBody::omitted) request.method = "GET";
    const bool keep = request.keep_alive;
    if (auto target = split_target(request); !target) {
      co_await refuse(target.error());
      co_return false;
    }
    auto response = co_await handler_(std::move(request));
    response.keep_alive = response.keep_alive && keep && !stop.stop_requested();
    const auto text = render(response, loop_.wall(), body);
    const auto written = co_await stream_.write_all(text, settings_.write);
    co_return written.has_value() && response.keep_alive;
  }

  // Sets broken_ where there is nobody to answer: closed, reset, or idle too long.
  Task<Result<void>> read_request() {
    auto fed = reader_.feed({});  // what came with the request before
    auto deadline = loop_.mono() + (reader_.started() ? settings_.request : settings_.idle);
    while (fed && !reader_.done()) {
      const bool had_begun = reader_.started();
      idle_ = !had_begun;
      const auto into = std::span<char>(buffer_);
      const auto left = std::max<Duration>(deadline - loop_.mono(), Duration(1));
      const auto got = co_await stream_.read_some(into, left);
      idle_ = false;
      broken_ = !got && (!had_begun || got.error() != StreamError::timeout);
      if (!got) co_return fail(broken_ ? FaultCode::request_incomplete : FaultCode::request_timeout, {});
      if (!had_begun)
        deadline = loop_.mono() + (settings_.head > Duration::zero() ? settings_.head : settings_.request);
      const bool had_head = reader_.head_done();
      const auto bytes = std::string_view(buffer_).substr(0, *got);
      fed = reader_.feed(bytes);
      if (fed && !had_head && reader_.head_done()) deadline = loop_.mono() + settings_.request;
      if (fed && !admit()) co_return fail(FaultCode::bad_request, {});
      if (fed && reader_.take_expectation()) {
        const auto told = co_await stream_.write_all("HTTP/1.1 100 Continue\r\n\r\n", settings_.write);
        broken_ = !told.has_value();
        if (broken_) co_return fail(FaultCode::connection_lost, {});
      }
    }
    co_return std::move(fed);
  }

  // False: refusal_ says what the peer is told instead of having its body read.
  bool admit() {
    if (admitted_ || !settings_.admit || !reader_.head_done() || reader_.done()) return true;
    admitted_ = true;
    auto head = reader_.head();
    head.peer = stream_.peer();
    if (!split_target(head)) return true;  // refused when it is whole
    refusal_ = settings_.admit(head);
    return !refusal_;
  }

  Task<void> refuse(Fault fault) {
    auto response = settings_.refuse ? settings_.refuse(fault) : plain_refusal(fault);
    co_await say_last(std::move(response));
  }

  // Closing while the peer still sends would reset the connection and lose the answer on its way: so what comes is
  // read and dropped for a moment.
  Task<void> say_last(HttpResponse response) {
    response.keep_alive = false;
    const auto text = render(response, loop_.wall());
    const auto written = co_await stream_.write_all(text, settings_.write);
    if (written) co_await linger_and_close(loop_, stream_, kLinger);
  }

  Loop& loop_;
  Stream& stream_;
  const HttpHandler& handler_;
  const HttpServerSettings& settings_;
  HttpRequestReader reader_;
  std::string buffer_;
  bool idle_ = false;
  bool broken_ = false;
  bool admitted_ = false;
  std::optional<HttpResponse> refusal_;
};

// The connections of one listener, so that `stop` reaches them.
struct Crowd {
  explicit Crowd(Listener& of) : listener(of) {}
  Listener& listener;
  std::set<Stream*> streams;
  TimerId grace = TimerId::none;
};

Task<void> own_connection(Loop& loop, std::unique_ptr<Stream> stream, const HttpHandler& handler,
                          const HttpServerSettings& settings, std::shared_ptr<Crowd> crowd, std::stop_token stop) {
  crowd->streams.insert(stream.get());
  co_await serve_http_connection(loop, *stream, handler, settings, stop);
  crowd->streams.erase(stream.get());
}

void end_crowd(Loop& loop, const std::shared_ptr<Crowd>& crowd, Duration grace) {
  crowd->listener.close();
  if (grace == kNoLimit) return;
  crowd->grace = loop.after(grace, [watch = std::weak_ptr(crowd)] {
    const auto still = watch.lock();
    if (!still) return;
    for (Stream* stream : still->streams) stream->close();
  });
}

}  // namespace

Task<void> serve_http_connection(Loop& loop, Stream& stream, const HttpHandler& handler,
                                 const HttpServerSettings& settings, std::stop_token stop) {
  Connection connection(loop, stream, handler, settings);
  co_await connection.run(stop);
}

Task<void> serve_http(Loop& loop, Listener& listener, HttpHandler handler, HttpServerSettings settings,
                      std::stop_token stop) {
  const auto crowd = std::make_shared<Crowd>(listener);
  const std::stop_callback on_stop(stop, [&loop, grace = settings.stop_grace, watch = std::weak_ptr(crowd)] {
    loop.post([&loop, grace, watch] {
      if (const auto still_open = watch.lock()) end_crowd(loop, still_open, grace);
    });
  });
  TaskGroup connections(loop);
  Wakeup pause(loop);
  while (!stop.stop_requested()) {
    auto accepted = co_await listener.accept();
    if (!accepted && accepted.error() == StreamError::closed) break;
    if (!accepted) {  // out of descriptors, or a peer that is gone already
      co_await pause.wait_for(kAcceptPause);
      continue;
    }
    if (connections.running() >= settings.connections) {
      emit(EventKind::peer_refused, {{Label::peer, std::string_view((*accepted)->peer())},
                                     {Label::reason, std::string_view("too many connections")}});
      (*accepted)->close();
      continue;
    }
    connections.spawn(own_connection(loop, std::move(*accepted), handler, settings, crowd, stop));
  }
  listener.close();
  co_await connections.join();
  loop.cancel(crowd->grace);
}

}  // namespace myelin::net
