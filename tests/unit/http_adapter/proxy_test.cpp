// A destination behind a proxy: a tunnel for TLS, the whole URL without.
#include <gtest/gtest.h>

#include <cstdlib>

#include "adapters/http/destination.h"
#include "tests/unit/http_adapter/portal.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::http {
namespace {

using net::test::run;
using Kind = Outcome::Kind;

Task<void> pump(net::Stream* from, net::Stream* to) {
  std::string buffer(16 * 1024, '\0');
  while (true) {
    const auto into = std::span<char>(buffer);
    const auto got = co_await from->read_some(into, net::kNoLimit);
    if (!got) break;
    const auto bytes = std::string_view(buffer).substr(0, *got);
    const auto sent = co_await to->write_all(bytes, kPortalPatience);
    if (!sent) break;
  }
  from->close();
  to->close();
}

// Opens a tunnel to whoever is asked for, unless it has another answer.
class TunnelProxy {
 public:
  explicit TunnelProxy(net::AsioLoop& loop) : loop_(loop), tasks_(loop) {
    listener_ = std::move(*net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr));
    tasks_.spawn(serve());
  }
  std::string authority() const { return listener_->address(); }
  Task<void> leave() {
    listener_->close();
    for (auto& stream : streams_) stream->close();
    co_await tasks_.join();
  }

  std::vector<net::HttpRequest> seen;
  std::string refusal;

 private:
  Task<void> serve() {
    while (true) {
      auto accepted = co_await listener_->accept();
      if (!accepted) break;
      streams_.push_back(std::move(*accepted));
      tasks_.spawn(talk(streams_.back().get()));
    }
  }
  Task<void> talk(net::Stream* stream) {
    net::HttpRequestReader reader;
    std::string buffer(16 * 1024, '\0');
    while (!reader.done()) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await stream->read_some(into, kPortalPatience);
      if (!got) co_return;
      auto fed = reader.feed(std::string_view(buffer).substr(0, *got));
      if (!fed) co_return;
    }
    seen.push_back(reader.take());
    const bool tunnel = refusal.empty();
    const auto said = tunnel ? std::string("HTTP/1.1 200 Connection established\r\n\r\n") : refusal;
    const auto target = seen.back().target;
    static_cast<void>(co_await stream->write_all(said, kPortalPatience));
    if (!tunnel) co_return;
    const auto colon = target.rfind(':');
    net::Address address{target.substr(0, colon), static_cast<std::uint16_t>(std::stoi(target.substr(colon + 1)))};
    auto dialling = net::connect(loop_, std::move(address), nullptr, kPortalPatience);
    auto other = co_await dialling;
    if (!other) co_return;
    streams_.push_back(std::move(*other));
    net::Stream* const peer = streams_.back().get();
    tasks_.spawn(pump(stream, peer));
    tasks_.spawn(pump(peer, stream));
  }

  net::AsioLoop& loop_;
  TaskGroup tasks_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::Stream>> streams_;
};

class HttpProxy : public ::testing::Test {
 protected:
  HttpProxy() : proxy(loop) {
    ::setenv("MYELIN_TEST_PROXY", "s3cret", 1);
    settings.egress = *Egress::make({"127.0.0.1"});
    settings.answer_timeout = seconds(5);
    settings.proxy = Proxy{*parse_url("http://" + proxy.authority()),
                           Credentials{"west", config::SecretReference{"env", "MYELIN_TEST_PROXY"}}};
  }
  ~HttpProxy() override {
    destination.reset();
    run(loop, proxy.leave());
    if (portal) run(loop, portal->leave());
    ::unsetenv("MYELIN_TEST_PROXY");
  }
  void start_with_tls() {
    portal = std::make_unique<Portal>(loop, std::move(*net::make_tls_server(certificates.mutual_server())));
    settings.url = *parse_url("https://" + portal->authority() + "/results");
    settings.tls = std::move(*net::make_tls_client(certificates.client()));
  }
  Task<Outcome> sending() {
    Outbound outbound;
    outbound.bytes = Bytes("MSH|^~\\&|A|B|C|D|1||ADT^A01|7|P|2.5\r");
    outbound.id = DeliveryId::of(MessageId{77}, 1);
    auto outcome = destination->send(outbound);
    co_return co_await outcome;
  }
  Outcome send() {
    if (!destination) destination = std::make_unique<HttpDestination>(loop, settings);
    return run(loop, sending());
  }

  net::AsioLoop loop;
  net::test::Certificates certificates;
  DestinationSettings settings;
  TunnelProxy proxy;
  std::unique_ptr<Portal> portal;
  std::unique_ptr<HttpDestination> destination;
};

TEST_F(HttpProxy, carries_tls_in_a_tunnel_and_sees_no_message) {
  start_with_tls();
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(send().kind, Kind::accepted);
  ASSERT_EQ(proxy.seen.size(), 1U);
  EXPECT_EQ(proxy.seen[0].method, "CONNECT");
  EXPECT_EQ(proxy.seen[0].target, portal->authority());
  EXPECT_EQ(find_header(proxy.seen[0].headers, "Proxy-Authorization"), "Basic " + base64("west:s3cret"));
  ASSERT_EQ(portal->seen.size(), 2U);
  EXPECT_EQ(portal->seen[0].target, "/results");
  EXPECT_EQ(find_header(portal->seen[0].headers, "Proxy-Authorization"), "");
}

TEST_F(HttpProxy, is_told_the_whole_url_where_there_is_no_tls) {
  settings.url = *parse_url("http://portal.example/results?a=b");
  settings.egress = *Egress::make({"127.0.0.1", "portal.example"});
  proxy.refusal = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(send().code, "201");
  ASSERT_EQ(proxy.seen.size(), 1U);
  EXPECT_EQ(proxy.seen[0].target, "http://portal.example/results?a=b");
  EXPECT_EQ(find_header(proxy.seen[0].headers, "Host"), "portal.example");
  EXPECT_NE(find_header(proxy.seen[0].headers, "Proxy-Authorization"), "");
}

TEST_F(HttpProxy, that_refuses_leaves_the_peer_unreachable_and_is_named) {
  start_with_tls();
  proxy.refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
  const auto outcome = send();
  EXPECT_EQ(outcome.kind, Kind::unreachable);
  EXPECT_NE(outcome.fault->detail.find("the proxy " + proxy.authority() + " answered 407"), std::string::npos)
      << outcome.fault->detail;
  EXPECT_TRUE(portal->seen.empty());
}

TEST_F(HttpProxy, cannot_be_used_to_reach_what_is_not_allowed) {
  settings.egress = *Egress::make({"127.0.0.1", "portal.example"});
  for (const auto* url : {"https://elsewhere.example/", "http://169.254.169.254/latest", "http://10.0.0.1/"}) {
    destination.reset();
    settings.url = *parse_url(url);
    settings.tls = std::move(*net::make_tls_client(certificates.client()));
    const auto outcome = send();
    EXPECT_EQ(outcome.kind, Kind::unreachable) << url;
    EXPECT_EQ(outcome.fault->code, FaultCode::address_not_allowed) << url;
  }
  settings.egress = *Egress::make({"portal.example"});
  settings.url = *parse_url("http://portal.example/");
  destination.reset();
  EXPECT_EQ(send().fault->code, FaultCode::address_not_allowed);
  EXPECT_TRUE(proxy.seen.empty());
}

TEST_F(HttpProxy, checks_the_certificate_of_the_peer_behind_it) {
  start_with_tls();
  auto other = certificates.client();
  other.names = {"other.example"};
  settings.tls = std::move(*net::make_tls_client(other));
  EXPECT_EQ(send().fault->code, FaultCode::peer_not_allowed);
  EXPECT_TRUE(portal->seen.empty());
}

}  // namespace
}  // namespace myelin::http
