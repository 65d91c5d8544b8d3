// The destination on real sockets, against a peer that answers what the test wrote down.
#include "adapters/http/destination.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/net/asio_loop.h"
#include "tests/unit/http_adapter/portal.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::http {
namespace {

using net::test::run;
using Kind = Outcome::Kind;

class HttpDestinationTest : public ::testing::Test {
 protected:
  HttpDestinationTest() { settings.egress = *Egress::make({"127.0.0.1"}); }
  ~HttpDestinationTest() override {
    destination.reset();
    if (portal) run(loop, portal->leave());
  }

  void start(std::shared_ptr<net::TlsContext> tls = nullptr) {
    const bool secure = tls != nullptr;
    portal = std::make_unique<Portal>(loop, std::move(tls));
    settings.url = *parse_url((secure ? "https://" : "http://") + portal->authority() + "/results?a=b");
    settings.answer_timeout = milliseconds(300);
  }
  Task<Outcome> sending() {
    Outbound outbound;
    outbound.bytes = Bytes("MSH|^~\\&|A|B|C|D|1||ADT^A01|7|P|2.5\rPID|1||\xff\xfe\r");
    outbound.id = DeliveryId::of(MessageId{77}, 1);
    outbound.filled = filled;
    auto outcome = destination->send(outbound);
    co_return co_await outcome;
  }
  Outcome send() {
    if (!destination) destination = std::make_unique<HttpDestination>(loop, settings);
    return run(loop, sending());
  }

  net::AsioLoop loop;
  DestinationSettings settings;
  std::map<std::string, std::string, std::less<>> filled;
  std::unique_ptr<Portal> portal;
  std::unique_ptr<HttpDestination> destination;
};

TEST_F(HttpDestinationTest, posts_the_bytes_as_they_are_over_one_connection) {
  start();
  settings.headers = {{"X-Site", "West", std::nullopt}};
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(send().kind, Kind::accepted);
  ASSERT_EQ(portal->seen.size(), 2U);
  EXPECT_EQ(portal->connections, 1);
  const auto& seen = portal->seen[0];
  EXPECT_EQ(seen.method + " " + seen.target, "POST /results?a=b");
  EXPECT_EQ(find_header(seen.headers, "Host"), portal->authority());
  EXPECT_EQ(find_header(seen.headers, "Content-Type"), "application/hl7-v2");
  EXPECT_EQ(find_header(seen.headers, "X-Site"), "West");
  EXPECT_EQ(find_header(seen.headers, "Idempotency-Key"), to_string(DeliveryId::of(MessageId{77}, 1)));
  EXPECT_EQ(seen.body, "MSH|^~\\&|A|B|C|D|1||ADT^A01|7|P|2.5\rPID|1||\xff\xfe\r");
}

TEST_F(HttpDestinationTest, sends_what_the_message_made_of_its_texts) {
  start();
  settings.headers = {{"X-Ward", "=PV1-3.1", std::nullopt}, {"X-Site", "West", std::nullopt}};
  settings.body = "{{ PID-3.1 }}";
  const auto origin = "http://" + portal->authority();
  filled = {{"url", origin + "/patients/7?a=%2F"}, {"headers.X-Ward", "W1"}, {"body", "{}"}};
  EXPECT_EQ(send().kind, Kind::accepted);
  ASSERT_EQ(portal->seen.size(), 1U);
  EXPECT_EQ(portal->seen[0].target, "/patients/7?a=%2F");
  EXPECT_EQ(portal->seen[0].body, "{}");
  EXPECT_EQ(find_header(portal->seen[0].headers, "X-Ward"), "W1");
  EXPECT_EQ(find_header(portal->seen[0].headers, "X-Site"), "West");
  for (const auto* elsewhere : {"http://elsewhere.example/", "no url", "http://a b/"}) {
    filled["url"] = elsewhere;
    const auto outcome = send();
    EXPECT_EQ(outcome.kind, Kind::refused) << elsewhere;
    EXPECT_EQ(outcome.fault->code, FaultCode::bad_value);
  }
  EXPECT_EQ(portal->seen.size(), 1U);
}

TEST_F(HttpDestinationTest, follows_no_redirect) {
  start();
  portal->answers = {answer("307 Temporary Redirect", {}, "Location: http://169.254.169.254/latest\r\n"),
                     answer("302 Found", {}, "Location: /elsewhere\r\n")};
  for (const auto* code : {"307", "302"}) {
    const auto outcome = send();
    EXPECT_EQ(outcome.kind, Kind::refused);
    EXPECT_EQ(outcome.code, code);
  }
  EXPECT_EQ(portal->seen.size(), 2U);
}

TEST_F(HttpDestinationTest, dials_no_forbidden_address_whatever_its_name) {
  start();
  settings.egress = *Egress::make({"10.0.0.0/8", "localhost"});
  settings.url = *parse_url("http://localhost:" + std::to_string(settings.url.address.port) + "/");
  const auto outcome = send();
  EXPECT_EQ(outcome.kind, Kind::unreachable);
  EXPECT_EQ(outcome.fault->code, FaultCode::address_not_allowed);
  EXPECT_EQ(portal->connections, 0);
}

TEST_F(HttpDestinationTest, hands_on_the_pause_that_the_peer_names) {
  start();
  portal->answers = {answer("503 Service Unavailable", "later", "Retry-After: 17\r\n")};
  const auto outcome = send();
  EXPECT_EQ(outcome.kind, Kind::refused);
  EXPECT_EQ(outcome.retry_after, seconds(17));
  EXPECT_EQ(outcome.response.view(), "later");
}

TEST_F(HttpDestinationTest, connects_anew_after_the_peer_closed) {
  start();
  portal->answers = {answer("200 OK", {}, "Connection: close\r\n"), "",
                     answer("200 OK", {}, "Keep-Alive: timeout=1\r\n")};
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(send().kind, Kind::unknown);
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(portal->connections, 4);
}

TEST_F(HttpDestinationTest, takes_no_answer_that_came_unasked_for_the_next_ones) {
  start();
  portal->answers = {answer("200 OK") + answer("200 OK"), answer("404 Not Found")};
  EXPECT_EQ(send().code, "200");
  EXPECT_EQ(send().code, "404");
  EXPECT_EQ(portal->connections, 2);
}

TEST_F(HttpDestinationTest, knows_nothing_after_garbage_or_half_an_answer) {
  start();
  portal->answers = {"this is no HTTP\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"};
  const auto garbage = send();
  EXPECT_EQ(garbage.kind, Kind::unknown);
  EXPECT_EQ(garbage.fault->code, FaultCode::garbage_answer);
  const auto half = send();
  EXPECT_EQ(half.kind, Kind::unknown);
  EXPECT_EQ(half.fault->code, FaultCode::no_answer);
}

TEST_F(HttpDestinationTest, sends_the_secrets_that_are_there_when_it_sends) {
  start();
  settings.auth = Credentials{"", config::SecretReference{"env", "MYELIN_TEST_PORTAL"}};
  settings.headers = {{"X-Api-Key", {}, config::SecretReference{"env", "MYELIN_TEST_PORTAL"}}};
  ::unsetenv("MYELIN_TEST_PORTAL");
  const auto without = send();
  EXPECT_EQ(without.kind, Kind::unreachable);
  EXPECT_EQ(without.fault->code, FaultCode::secret_missing);
  EXPECT_EQ(portal->connections, 0);
  ::setenv("MYELIN_TEST_PORTAL", "t0ken", 1);
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(find_header(portal->seen[0].headers, "Authorization"), "Bearer t0ken");
  EXPECT_EQ(find_header(portal->seen[0].headers, "X-Api-Key"), "t0ken");
  ::unsetenv("MYELIN_TEST_PORTAL");
}

class HttpToken : public HttpDestinationTest {
 protected:
  HttpToken() {
    ::setenv("MYELIN_TEST_CLIENT", "s3cret", 1);
    giver = std::make_unique<Portal>(loop);
    TokenSettings token;
    token.url = *parse_url("http://" + giver->authority() + "/token");
    token.client = "west";
    token.secret = config::SecretReference{"env", "MYELIN_TEST_CLIENT"};
    token.scope = "results write";
    settings.token = token;
  }
  ~HttpToken() override {
    destination.reset();
    run(loop, giver->leave());
    ::unsetenv("MYELIN_TEST_CLIENT");
  }
  static std::string token(const std::string& text, int life) {
    return answer("200 OK", R"({"access_token":")" + text + R"(","expires_in":)" + std::to_string(life) + "}");
  }
  std::unique_ptr<Portal> giver;
};

TEST_F(HttpToken, is_fetched_once_and_used_until_it_ends) {
  start();
  giver->answers = {token("first", 3600), token("second", 3600)};
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(send().kind, Kind::accepted);
  ASSERT_EQ(giver->seen.size(), 1U);
  EXPECT_EQ(giver->seen[0].body, "grant_type=client_credentials&scope=results%20write");
  EXPECT_EQ(find_header(giver->seen[0].headers, "Authorization"), "Basic " + base64("west:s3cret"));
  EXPECT_EQ(find_header(portal->seen[1].headers, "Authorization"), "Bearer first");
}

TEST_F(HttpToken, is_fetched_again_when_it_has_ended) {
  start();
  giver->answers = {token("first", 0), token("second", 0)};
  send();
  send();
  EXPECT_EQ(find_header(portal->seen[1].headers, "Authorization"), "Bearer second");
}

TEST_F(HttpToken, is_renewed_once_after_a_401) {
  start();
  giver->answers = {token("first", 3600), token("second", 3600), token("third", 3600)};
  portal->answers = {answer("401 Unauthorized"), answer("200 OK"), answer("401 Unauthorized"),
                     answer("401 Unauthorized")};
  EXPECT_EQ(send().kind, Kind::accepted);
  EXPECT_EQ(find_header(portal->seen[1].headers, "Authorization"), "Bearer second");
  EXPECT_EQ(send().code, "401");
  EXPECT_EQ(portal->seen.size(), 4U);
}

TEST_F(HttpToken, sends_nothing_without_one) {
  start();
  giver->answers = {answer("401 Unauthorized", "{}"), answer("200 OK", "no json"), answer("200 OK", "{}")};
  for (int i = 0; i < 3; ++i) {
    const auto outcome = send();
    EXPECT_EQ(outcome.kind, Kind::unreachable);
    EXPECT_EQ(outcome.fault->code, FaultCode::token_refused);
  }
  EXPECT_EQ(portal->connections, 0);
}

class HttpTls : public HttpDestinationTest {
 protected:
  net::test::Certificates certificates;
  void trust() { settings.tls = std::move(*net::make_tls_client(certificates.client())); }
};

TEST_F(HttpTls, shows_its_certificate_and_checks_the_peers) {
  start(std::move(*net::make_tls_server(certificates.mutual_server())));
  trust();
  EXPECT_EQ(send().kind, Kind::accepted);
}

TEST_F(HttpTls, sends_nothing_to_a_peer_of_another_name) {
  start(std::move(*net::make_tls_server(certificates.server())));
  auto other = certificates.client();
  other.names = {"other.example"};
  settings.tls = std::move(*net::make_tls_client(other));
  EXPECT_EQ(send().fault->code, FaultCode::peer_not_allowed);
  EXPECT_TRUE(portal->seen.empty());
}

TEST_F(HttpTls, sends_nothing_to_an_expired_certificate) {
  const auto script = "cd '" + certificates.directory().string() +
                      "' && openssl req -new -key server.key -subj /CN=server.example -out old.csr 2>/dev/null && "
                      "printf 'subjectAltName=IP:127.0.0.1\\n' > old.ext && "
                      "openssl x509 -req -in old.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days -1 "
                      "-extfile old.ext -out old.pem 2>/dev/null";
  ASSERT_EQ(std::system(script.c_str()), 0);
  auto expired = certificates.server();
  expired.certificate = certificates.file("old.pem");
  start(std::move(*net::make_tls_server(expired)));
  trust();
  const auto outcome = send();
  EXPECT_EQ(outcome.kind, Kind::unreachable);
  EXPECT_EQ(outcome.fault->code, FaultCode::tls_failed);
  EXPECT_NE(outcome.fault->detail.find("expired"), std::string::npos) << outcome.fault->detail;
}

}  // namespace
}  // namespace myelin::http
