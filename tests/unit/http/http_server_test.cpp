// Server and client over memory, on a clock that stands still until it is told to go on.
#include "engine/net/http_server.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "engine/base/virtual_loop.h"
#include "engine/net/http_client.h"

namespace myelin::net {
namespace {

Task<HttpResponse> echo(HttpRequest request) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

// One end is served, the other is the test's.
class HttpServer : public testing::Test {
 protected:
  HttpServer() { std::tie(server_, peer_) = make_memory_pair(loop_); }
  ~HttpServer() override {
    peer_->close();
    loop_.advance(minutes(5));
    EXPECT_TRUE(ended_);
  }

  void serve() {
    spawn(run());
    loop_.run_ready();
  }
  Task<void> run() {
    co_await serve_http_connection(loop_, *server_, handler_, settings_, stop_.get_token());
    ended_ = true;
  }

  void send(std::string text) {
    spawn(write(std::move(text)));
    loop_.run_ready();
  }
  Task<void> write(std::string text) { (void)co_await peer_->write_all(text, hours(1)); }

  // All that has come until now.
  std::string received() {
    if (!reading_) spawn(read());
    loop_.run_ready();
    return std::exchange(received_, {});
  }
  Task<void> read() {
    reading_ = true;
    std::string buffer(4096, '\0');
    for (;;) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await peer_->read_some(into, hours(1));
      if (!got) break;
      received_.append(buffer.data(), *got);
    }
    closed_ = true;
  }

  VirtualLoop loop_{WallTime{}};
  std::unique_ptr<Stream> server_, peer_;
  HttpHandler handler_ = echo;
  HttpServerSettings settings_;
  std::stop_source stop_;
  std::string received_;
  bool reading_ = false, closed_ = false, ended_ = false;
};

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(HttpServer, answers_and_keeps_the_connection) {
  serve();
  send(kGet);
  EXPECT_TRUE(received().ends_with("GET /a "));
  send(kGet);
  EXPECT_TRUE(received().ends_with("GET /a "));
  EXPECT_FALSE(closed_);
}

TEST_F(HttpServer, answers_pipelined_requests_in_order) {
  serve();
  send(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nxGET /3 "
      "HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto text = received();
  const auto first = text.find("GET /1 "), second = text.find("POST /2 x"), third = text.find("GET /3 ");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_NE(third, std::string::npos);
}

TEST_F(HttpServer, closes_when_the_peer_asks_for_it) {
  serve();
  send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(received().find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(closed_);
}

TEST_F(HttpServer, answers_head_without_a_body) {
  serve();
  send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto text = received();
  EXPECT_NE(text.find("Content-Length: 7\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
}

TEST_F(HttpServer, tells_a_waiting_peer_to_go_on) {
  serve();
  send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(received(), "HTTP/1.1 100 Continue\r\n\r\n");
  send("ok");
  EXPECT_TRUE(received().ends_with("POST /a ok"));
}

struct Refusal {
  std::string sent;
  std::string status;
};

class HttpRefusal : public HttpServer, public testing::WithParamInterface<int> {
 public:
  static const std::vector<Refusal>& all() {
    static const std::vector<Refusal> kAll = {
        {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        {"GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request"},
        {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17 * 1024, 'x'), "HTTP/1.1 431 Request Header"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", "HTTP/1.1 413 Content Too Large"},
    };
    return kAll;
  }
};

TEST_P(HttpRefusal, is_answered_and_the_connection_closed) {
  const auto& refusal = all()[static_cast<std::size_t>(GetParam())];
  serve();
  send(refusal.sent);
  const auto text = received();
  EXPECT_TRUE(text.starts_with(refusal.status)) << text;
  EXPECT_NE(text.find("Connection: close"), std::string::npos);
  loop_.advance(seconds(3));
  EXPECT_TRUE(ended_);
}
INSTANTIATE_TEST_SUITE_P(all, HttpRefusal, testing::Range(0, 4));

TEST_F(HttpServer, lets_the_peer_finish_sending_what_it_refused) {
  serve();
  send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'x'));
  EXPECT_TRUE(received().starts_with("HTTP/1.1 413"));
}

TEST_F(HttpServer, gives_a_slow_request_a_limit_and_says_so) {
  settings_.request = seconds(30);
  serve();
  for (const char c : std::string("GET / HTTP/1.1\r\n")) {
    send(std::string(1, c));
    loop_.advance(seconds(1));
  }
  EXPECT_EQ(received(), "");
  loop_.advance(seconds(20));
  EXPECT_TRUE(received().starts_with("HTTP/1.1 408"));
}

TEST_F(HttpServer, closes_an_idle_connection_in_silence) {
  settings_.idle = seconds(60);
  serve();
  send(kGet);
  EXPECT_NE(received(), "");
  loop_.advance(seconds(59));
  EXPECT_FALSE(ended_);
  loop_.advance(seconds(2));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(received(), "");
}

TEST_F(HttpServer, closes_idle_connections_when_it_is_stopped) {
  serve();
  stop_.request_stop();
  loop_.run_ready();
  EXPECT_TRUE(ended_);
}

TEST_F(HttpServer, answers_what_it_has_in_hand_before_it_stops) {
  Wakeup go(loop_);
  handler_ = [&](HttpRequest request) -> Task<HttpResponse> {
    co_await go.wait();
    co_return co_await echo(std::move(request));
  };
  serve();
  send(kGet);
  stop_.request_stop();
  loop_.run_ready();
  EXPECT_FALSE(ended_);
  go.notify();
  EXPECT_TRUE(received().ends_with("GET /a "));
  EXPECT_TRUE(ended_);
}

TEST_F(HttpServer, shows_protocol_faults_as_its_owner_wants) {
  settings_.refuse = [](const Fault& fault) {
    HttpResponse response;
    response.status = 400;
    response.body = std::string("mine: ") + std::string(entry(fault.code).id);
    return response;
  };
  serve();
  send("nonsense\r\n\r\n");
  EXPECT_TRUE(received().ends_with("mine: M0703"));
}

class HttpClient : public HttpServer {
 protected:
  Task<void> exchange(HttpRequest request) {
    HttpExchange settings;
    answer_ = co_await exchange_http(loop_, *peer_, std::move(request), settings);
  }
  Result<HttpResponse> ask(HttpRequest request) {
    spawn(exchange(std::move(request)));
    loop_.run_ready();
    return answer_ ? std::move(*std::exchange(answer_, std::nullopt)) : fail(FaultCode::stopping, "not yet");
  }
  std::optional<Result<HttpResponse>> answer_;
};

TEST_F(HttpClient, gets_one_answer_after_another_on_one_connection) {
  serve();
  HttpRequest request;
  request.method = "POST";
  request.target = "/x";
  request.body = std::string(500'000, 'y');
  for (int i = 0; i < 3; ++i) {
    const auto answer = ask(request);
    ASSERT_TRUE(answer) << to_string(answer.error());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /x " + request.body);
  }
}

TEST_F(HttpClient, reads_the_answer_of_a_server_that_refuses_the_body) {
  serve();
  HttpRequest request;
  request.method = "POST";
  request.body = std::string(2'000'000, 'y');
  const auto answer = ask(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
}

TEST_F(HttpClient, says_no_answer_when_none_comes_in_time) {
  handler_ = [this](HttpRequest) -> Task<HttpResponse> {
    Wakeup never(loop_);
    co_await never.wait_for(minutes(2));
    co_return HttpResponse{};
  };
  serve();
  EXPECT_EQ(ask({}).error().code, FaultCode::stopping);
  loop_.advance(seconds(31));
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code, FaultCode::no_answer);
}

TEST_F(HttpClient, says_connection_lost_when_the_server_goes) {
  serve();
  server_->close();
  EXPECT_EQ(ask({}).error().code, FaultCode::connection_lost);
}

// A listener that hands out what the test put there.
class MadeListener final : public Listener {
 public:
  explicit MadeListener(Loop& loop) : wakeup_(loop) {}
  Task<std::expected<std::unique_ptr<Stream>, StreamError>> accept() override {
    while (waiting_.empty() && !closed_) co_await wakeup_.wait();
    if (waiting_.empty()) co_return std::unexpected(StreamError::closed);
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    co_return std::move(next);
  }
  void close() override {
    closed_ = true;
    wakeup_.notify();
  }
  std::string address() const override { return "memory"; }
  void bring(std::unique_ptr<Stream> stream) {
    waiting_.push_back(std::move(stream));
    wakeup_.notify();
  }

 private:
  Wakeup wakeup_;
  std::deque<std::unique_ptr<Stream>> waiting_;
  bool closed_ = false;
};

Task<void> serve_all(Loop& loop, Listener& listener, HttpServerSettings settings, std::stop_token stop, bool& ended) {
  co_await serve_http(loop, listener, echo, std::move(settings), stop);
  ended = true;
}

Task<void> ask_once(Loop& loop, Stream& stream, int& status) {
  HttpExchange exchange;
  HttpRequest request;
  const auto answer = co_await exchange_http(loop, stream, std::move(request), exchange);
  status = answer ? answer->status : -1;
}

TEST(HttpListener, serves_many_connections_up_to_its_limit_and_ends_with_all_of_them) {
  VirtualLoop loop{WallTime{}};
  MadeListener listener(loop);
  std::stop_source stop;
  bool ended = false;
  HttpServerSettings settings;
  settings.connections = 2;
  spawn(serve_all(loop, listener, settings, stop.get_token(), ended));
  std::vector<std::unique_ptr<Stream>> peers;
  std::vector<int> statuses(3, 0);
  for (int i = 0; i < 3; ++i) {
    auto [server, peer] = make_memory_pair(loop);
    listener.bring(std::move(server));
    peers.push_back(std::move(peer));
  }
  loop.run_ready();
  for (std::size_t i = 0; i < 3; ++i) spawn(ask_once(loop, *peers[i], statuses[i]));
  loop.run_ready();
  EXPECT_EQ(statuses, (std::vector<int>{200, 200, -1}));
  stop.request_stop();
  loop.run_ready();
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace myelin::net
