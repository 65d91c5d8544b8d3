// A peer on a real socket that answers what the test wrote down.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/task.h"
#include "engine/net/asio_loop.h"
#include "engine/net/http_reader.h"
#include "engine/net/socket.h"

namespace myelin::http {

constexpr Duration kPortalPatience = seconds(20);

// Answers each request with the next line of `answers`, raw; an empty one hangs up, none at all is 200.
class Portal {
 public:
  explicit Portal(net::AsioLoop& loop, std::shared_ptr<net::TlsContext> tls = nullptr) : tasks_(loop) {
    listener_ = std::move(*net::listen(loop, net::Address{"127.0.0.1", 0}, std::move(tls)));
    tasks_.spawn(serve());
  }
  std::string authority() const { return listener_->address(); }
  Task<void> leave() {
    listener_->close();
    if (stream_) stream_->close();
    co_await tasks_.join();
  }

  std::deque<std::string> answers;
  std::vector<net::HttpRequest> seen;
  int connections = 0;

 private:
  Task<void> serve() {
    while (true) {
      auto accepted = co_await listener_->accept();
      if (!accepted) break;
      ++connections;
      stream_ = std::move(*accepted);
      co_await talk();
      stream_->close();
    }
  }
  Task<void> talk() {
    net::HttpRequestReader reader;
    std::string buffer(16 * 1024, '\0');
    while (true) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await stream_->read_some(into, net::kNoLimit);
      if (!got) co_return;
      auto fed = reader.feed(std::string_view(buffer).substr(0, *got));
      if (!fed) co_return;
      if (!reader.done()) continue;
      seen.push_back(reader.take());
      std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      if (!answers.empty()) {
        answer = answers.front();
        answers.pop_front();
      }
      if (answer.empty()) co_return;
      const auto sent = co_await stream_->write_all(answer, kPortalPatience);
      if (!sent) co_return;
    }
  }

  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::Stream> stream_;
  TaskGroup tasks_;
};

inline std::string answer(const std::string& status, const std::string& body = {}, const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace myelin::http
