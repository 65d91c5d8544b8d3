// The source on real sockets, met with the bytes of a stranger.
#include "adapters/http/source.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/net/asio_loop.h"
#include "tests/conformance/adapters/fake_intake.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::http {
namespace {

using net::test::run;
constexpr Duration kLong = seconds(20);
const std::string kMessage = "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|7|P|2.5.1\rPID|1\r";

std::string request(const std::string& body, const std::string& more = {},
                    const std::string& line = "POST / HTTP/1.1") {
  return line + "\r\nHost: h\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpSourceTest : public ::testing::Test {
 protected:
  ~HttpSourceTest() override { stop_source(); }

  void start() {
    settings.listen = net::Address{"127.0.0.1", 0};
    settings.stop_grace = milliseconds(50);
    source = std::make_unique<HttpSource>(loop, settings);
    const auto opened = source->open();
    ASSERT_TRUE(opened) << to_string(opened.error());
    spawn(run_source());
  }
  Task<void> run_source() {
    co_await source->run(intake, stop.get_token());
    ended = true;
    on_end.notify();
  }
  Task<void> wait_for_end() {
    stop.request_stop();
    while (!ended) co_await on_end.wait();
  }
  void stop_source() {
    if (source && !ended) run(loop, wait_for_end());
  }

  Task<Result<std::unique_ptr<net::Stream>>> dial(std::shared_ptr<net::TlsContext> tls) {
    const auto text = source->address();
    const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
    auto dialling = net::connect(loop, net::Address{"127.0.0.1", port}, std::move(tls), kLong);
    co_return co_await dialling;
  }
  // Sends `text`, and all that comes until the source closes or `pause` passes without a byte.
  Task<std::string> talk(std::string text, Duration pause) {
    auto dialling = dial(nullptr);
    auto stream = co_await dialling;
    if (!stream) co_return "no connection";
    static_cast<void>(co_await (*stream)->write_all(text, kLong));
    std::string all;
    std::string buffer(64 * 1024, '\0');
    while (true) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await (*stream)->read_some(into, pause);
      if (!got) break;
      all.append(buffer, 0, *got);
    }
    co_return all;
  }
  std::string say(const std::string& text, Duration pause = milliseconds(100)) {
    if (!source) start();
    return run(loop, talk(text, pause));
  }

  net::AsioLoop loop;
  test::FakeIntake intake{loop};
  SourceSettings settings;
  std::unique_ptr<HttpSource> source;
  std::stop_source stop;
  Wakeup on_end{loop};
  bool ended = false;
};

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST_F(HttpSourceTest, answers_each_of_several_requests_on_one_connection_in_order) {
  const auto said = say(request(kMessage) + request(kMessage) + request(kMessage));
  EXPECT_EQ(count(said, "HTTP/1.1 200 OK"), 3);
  EXPECT_EQ(count(said, "\rMSA|AA|7"), 3);
  EXPECT_EQ(intake.taken.size(), 3U);
}

TEST_F(HttpSourceTest, takes_chunked_bodies) {
  const auto chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + kMessage.substr(0, 5) +
                       "\r\n" + "3;x=y\r\n" + kMessage.substr(5, 3) + "\r\n0\r\nTrailer: x\r\n\r\n";
  EXPECT_EQ(count(say(chunked), "HTTP/1.1 200 OK"), 1);
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].bytes.view(), kMessage.substr(0, 8));
}

TEST_F(HttpSourceTest, takes_no_request_whose_end_could_be_read_in_two_ways) {
  const std::string both =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n";
  const std::string twice = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde";
  const std::string sized = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nab";
  const std::string negative = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n";
  const std::string hosts = "POST / HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 0\r\n\r\n";
  for (const auto& trick : {both, twice, sized, negative, hosts})
    EXPECT_TRUE(say(trick).starts_with("HTTP/1.1 400")) << trick;
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(HttpSourceTest, refuses_a_body_that_is_too_large_before_it_comes) {
  settings.max_body = 1024;
  const auto said = say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 104857600\r\n\r\n");
  EXPECT_TRUE(said.starts_with("HTTP/1.1 413"));
  EXPECT_NE(said.find("\"fault\":\"M0708\""), std::string::npos);
  std::string chunks = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunks += "40\r\n" + std::string(64, 'a') + "\r\n";
  EXPECT_TRUE(say(chunks).starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(HttpSourceTest, refuses_a_flood_of_header_fields) {
  std::string flood = "POST / HTTP/1.1\r\nHost: h\r\n";
  while (flood.size() < 40 * 1024) flood += "X-More: and more\r\n";
  const auto said = say(flood, kLong);
  EXPECT_TRUE(said.starts_with("HTTP/1.1 431")) << said;
}

TEST_F(HttpSourceTest, waits_only_so_long_for_a_head_that_trickles) {
  settings.head = milliseconds(20);
  EXPECT_TRUE(say("POST / HTT", kLong).starts_with("HTTP/1.1 408"));
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_EQ(intake.incidents[0].fault.code, FaultCode::request_timeout);
  EXPECT_TRUE(intake.incidents[0].bytes.empty());
}

TEST_F(HttpSourceTest, waits_only_so_long_for_a_body_and_keeps_what_came) {
  settings.request = milliseconds(20);
  const auto said = say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\nMSH|", kLong);
  EXPECT_TRUE(said.starts_with("HTTP/1.1 408"));
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_EQ(intake.incidents[0].bytes.view(), "MSH|");
}

TEST_F(HttpSourceTest, asks_for_the_body_only_when_the_head_will_do) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n";
  EXPECT_EQ(say(head + "\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(HttpSourceTest, refuses_by_the_head_without_waiting_for_the_body) {
  settings.content_types = {"application/hl7-v2"};
  settings.paths = {"/orders"};
  const auto said =
      say("POST /orders HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
          "Expect: 100-continue\r\nContent-Length: 99\r\n\r\n",
          kLong);
  EXPECT_TRUE(said.starts_with("HTTP/1.1 415")) << said;
  EXPECT_TRUE(say(request("", {}, "POST /other HTTP/1.1")).starts_with("HTTP/1.1 404"));
  const auto wrong = say(request("", {}, "DELETE /orders HTTP/1.1"));
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405"));
  EXPECT_NE(wrong.find("Allow: POST\r\n"), std::string::npos);
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(HttpSourceTest, keeps_as_an_incident_what_it_was_sent_and_could_not_take) {
  settings.content_types = {"application/hl7-v2"};
  const auto said = say(request("{}", "Content-Type: application/json\r\n"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 415")) << said;
  EXPECT_NE(said.find("the source takes application/hl7-v2"), std::string::npos) << said;
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_EQ(intake.incidents[0].fault.code, FaultCode::content_type_not_taken);
  EXPECT_EQ(intake.incidents[0].bytes.view(), "{}");
}

TEST_F(HttpSourceTest, serves_no_path_that_climbs) {
  settings.paths = {"/orders/*"};
  for (const auto* path : {"/orders/../admin", "/orders/%2e%2e/admin", "/orders/..%2fadmin"}) {
    const auto said = say(request(kMessage, {}, std::string("POST ") + path + " HTTP/1.1"));
    EXPECT_TRUE(said.starts_with("HTTP/1.1 400")) << path << said;
    EXPECT_NE(said.find("\"detail\":\"the path"), std::string::npos) << said;
  }
  EXPECT_TRUE(intake.taken.empty());
}

TEST_F(HttpSourceTest, refuses_fields_that_trickle_in_without_end) {
  start();
  const auto trickle = [this]() -> Task<std::string> {
    auto dialling = dial(nullptr);
    auto stream = co_await dialling;
    std::string piece = "POST / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 4000; ++i) {
      const auto sent = co_await (*stream)->write_all(piece, kLong);
      if (!sent) break;
      piece = "X-More: and more\r\n";
    }
    std::string buffer(4096, '\0');
    const auto into = std::span<char>(buffer);
    const auto got = co_await (*stream)->read_some(into, kLong);
    co_return buffer.substr(0, got.value_or(0));
  };
  const auto said = run(loop, trickle());
  EXPECT_TRUE(said.starts_with("HTTP/1.1 431")) << said;
}

TEST_F(HttpSourceTest, wants_the_token_of_every_request) {
  ::setenv("MYELIN_TEST_TOKEN", "opensesame", 1);
  settings.auth = Credentials{"", config::SecretReference{"env", "MYELIN_TEST_TOKEN"}};
  const auto said = say(request(kMessage) + request(kMessage, "Authorization: Bearer opensesame\r\n"));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 401"));
  EXPECT_NE(said.find("WWW-Authenticate: Bearer realm=\"myelin\"\r\n"), std::string::npos);
  EXPECT_TRUE(intake.incidents.empty());
  EXPECT_EQ(count(said, "HTTP/1.1 200"), 1);
  EXPECT_EQ(intake.taken.size(), 1U);
  ::unsetenv("MYELIN_TEST_TOKEN");
}

TEST_F(HttpSourceTest, keeps_of_a_request_what_formulas_name_and_nothing_else) {
  intake.named = {"header.x-ward", "query.bed", "query.room"};
  say(request(kMessage, "X-Ward: B2\r\nX-Other: 1\r\nCookie: secret\r\n", "POST /?bed=a%20b&other=2 HTTP/1.1"));
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].facts, "header.x-ward=2:B2\nquery.bed=3:a b\n");
}

TEST_F(HttpSourceTest, knows_who_was_let_in_by_name) {
  ::setenv("MYELIN_TEST_PASSWORD", "sesame", 1);
  settings.auth = Credentials{"wards", config::SecretReference{"env", "MYELIN_TEST_PASSWORD"}};
  say(request(kMessage, "Authorization: Basic " + base64("wards:sesame") + "\r\n"));
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].facts, "user=5:wards\n");
  ::unsetenv("MYELIN_TEST_PASSWORD");
}

TEST_F(HttpSourceTest, gives_each_message_of_a_batch_the_facts_of_the_request) {
  intake.named = {"header.x-ward"};
  const std::string text(kMessage);
  say(request("BHS|^~\\&|A\r" + text + text + "BTS|2\r", "X-Ward: B2\r\n"));
  ASSERT_EQ(intake.taken.size(), 2U);
  EXPECT_EQ(intake.taken[1].facts, "header.x-ward=2:B2\n");
}

TEST_F(HttpSourceTest, says_2xx_of_a_batch_only_when_all_of_it_was_decided) {
  const auto batch = request("BHS|^~\\&|A\r" + kMessage + kMessage + kMessage + "BTS|3\r");
  intake.receipts.resize(1);
  intake.receipts[0].kind = Receipt::Kind::committed;
  intake.refuse_next(FaultCode::disk_reserve);
  const auto full = say(batch);
  EXPECT_TRUE(full.starts_with("HTTP/1.1 507")) << full;
  EXPECT_NE(full.find("Retry-After: "), std::string::npos) << full;
  EXPECT_NE(full.find("MSA|AA|7"), std::string::npos) << full;  // the first was stored
  EXPECT_EQ(intake.taken.size(), 2U);                           // none passes the second
  intake.receipts.resize(1);
  intake.receipts[0].kind = Receipt::Kind::duplicate;
  intake.refuse_next(FaultCode::rejected);
  const auto decided = say(batch);
  EXPECT_TRUE(decided.starts_with("HTTP/1.1 200")) << decided;
  EXPECT_NE(decided.find("MSA|AE|7"), std::string::npos) << decided;
}

TEST_F(HttpSourceTest, tells_the_sender_later_what_became_of_the_message) {
  ::setenv("MYELIN_TEST_TOKEN", "opensesame", 1);
  const std::string known = "Authorization: Bearer opensesame\r\n";
  settings.auth = Credentials{"", config::SecretReference{"env", "MYELIN_TEST_TOKEN"}};
  settings.paths = {"/orders"};
  settings.reply = Reply::status;
  intake.told["ticket1"].legs.push_back({"desk", State::delivered, 1, {}});
  const auto taken = say(request(kMessage, known, "POST /orders HTTP/1.1"));
  EXPECT_TRUE(taken.starts_with("HTTP/1.1 202")) << taken;
  EXPECT_NE(taken.find("Location: /orders/status/ticket1\r\n"), std::string::npos) << taken;
  const auto page = "GET /orders/status/ticket1 HTTP/1.1\r\nHost: h\r\n";
  EXPECT_TRUE(say(page + std::string("\r\n")).starts_with("HTTP/1.1 401"));
  const auto told = say(page + known + "\r\n");
  EXPECT_TRUE(told.starts_with("HTTP/1.1 200")) << told;
  EXPECT_NE(told.find("\"state\":\"delivered\""), std::string::npos) << told;
  for (const auto* path : {"/orders/status/other", "/other/status/ticket1", "/status/ticket1"})
    EXPECT_TRUE(
        say(std::string("GET ") + path + " HTTP/1.1\r\nHost: h\r\n" + known + "\r\n").starts_with("HTTP/1.1 404"))
        << path;
  EXPECT_TRUE(say("GET /orders HTTP/1.1\r\nHost: h\r\n" + known + "\r\n").starts_with("HTTP/1.1 405"));
  EXPECT_EQ(intake.taken.size(), 1U);
  ::unsetenv("MYELIN_TEST_TOKEN");
}

TEST_F(HttpSourceTest, has_no_status_pages_where_it_gives_none) {
  EXPECT_TRUE(say("GET /status/ticket1 HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 404"));
}

TEST_F(HttpSourceTest, takes_the_message_out_of_a_form) {
  settings.part = "message";
  const std::string form = "Content-Type: multipart/form-data; boundary=b\r\n";
  const auto body =
      "--b\r\nContent-Disposition: form-data; name=\"ward\"\r\n\r\nW\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"message\"\r\n\r\n" +
      kMessage + "\r\n--b--\r\n";
  const auto said = say(request(body, form));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200")) << said;
  ASSERT_EQ(intake.taken.size(), 1U);
  EXPECT_EQ(intake.taken[0].bytes.view(), kMessage);
  const auto wrong = say(request("--b\r\n", form));
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 400")) << wrong;
  ASSERT_EQ(intake.incidents.size(), 1U);
  EXPECT_EQ(intake.incidents[0].bytes.view(), "--b\r\n");
}

TEST_F(HttpSourceTest, answers_a_body_that_is_no_hl7_in_json) {
  const std::string json = "Content-Type: application/json\r\n";
  const auto said = say(request("{}", json));
  EXPECT_TRUE(said.starts_with("HTTP/1.1 200")) << said;
  EXPECT_NE(said.find("\r\n\r\n{\"id\":\""), std::string::npos) << said;
  intake.refuse_next(FaultCode::not_json);
  const auto refused = say(request("{\xff}", json));
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 400")) << refused;
  EXPECT_NE(refused.find("\"fault\":\"M0120\""), std::string::npos) << refused;
}

TEST_F(HttpSourceTest, does_not_open_without_its_secret) {
  settings.auth = Credentials{"", config::SecretReference{"env", "MYELIN_TEST_NOT_THERE"}};
  HttpSource closed(loop, settings);
  EXPECT_EQ(closed.open().error().code, FaultCode::secret_missing);
}

TEST_F(HttpSourceTest, ends_what_hangs_when_its_grace_has_passed) {
  start();
  auto asking = talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\nMSH|", kLong);
  loop.after(milliseconds(20), [&] { stop.request_stop(); });
  EXPECT_EQ(run(loop, std::move(asking)), "");
  stop_source();
  EXPECT_TRUE(ended);
}

TEST_F(HttpSourceTest, wants_a_certificate_of_its_authority_where_it_says_so) {
  const net::test::Certificates certificates;
  settings.tls = std::move(*net::make_tls_server(certificates.mutual_server()));
  start();
  auto known = certificates.client();
  known.names = {"server.example"};
  auto nobody = known;
  nobody.certificate.clear();
  nobody.key.clear();
  const auto ask = [this](net::TlsSettings with) -> Task<bool> {
    auto tls = net::make_tls_client(with);
    auto dialling = dial(std::move(*tls));
    auto stream = co_await dialling;
    if (!stream) co_return false;
    const auto text = request(kMessage);
    const auto sent = co_await (*stream)->write_all(text, kLong);
    std::string buffer(1024, '\0');
    const auto into = std::span<char>(buffer);
    const auto got = co_await (*stream)->read_some(into, kLong);
    co_return sent&& got&& buffer.starts_with("HTTP/1.1 200");
  };
  EXPECT_TRUE(run(loop, ask(known)));
  EXPECT_FALSE(run(loop, ask(nobody)));
  EXPECT_EQ(intake.taken.size(), 1U);
}

}  // namespace
}  // namespace myelin::http
