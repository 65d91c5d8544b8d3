#include "engine/net/tls.h"

#include <gtest/gtest.h>

#include "engine/net/socket.h"
#include "engine/net/tls_context.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::net {
namespace {

using test::run;

TEST(TlsNames, are_equal_without_regard_to_case_or_by_one_leftmost_wildcard) {
  EXPECT_TRUE(names_match("Lab.Example", "lab.example"));
  EXPECT_TRUE(names_match("*.lab.example", "a.lab.example"));
  EXPECT_TRUE(names_match("a.lab.example", "*.lab.example"));
  EXPECT_FALSE(names_match("*.lab.example", "a.b.lab.example"));
  EXPECT_FALSE(names_match("*.lab.example", "lab.example"));
  EXPECT_FALSE(names_match("*.lab.example", ".lab.example"));
  EXPECT_FALSE(names_match("a*.lab.example", "ab.lab.example"));
  EXPECT_FALSE(names_match("*.*.example", "a.b.example"));
  EXPECT_FALSE(names_match("*.example", "lab.example"));
  EXPECT_FALSE(names_match("lab.example", "lab.example.org"));
}

class TlsTest : public ::testing::Test {
 protected:
  // Dials a server of these settings as `host`'s name would be dialled; the fault's code, or nothing.
  std::string connect_fault(const TlsSettings& server, const TlsSettings& client) {
    auto listener = listen(loop, Address{"127.0.0.1", 0}, make_tls_server(server).value());
    const auto text = (*listener)->address();
    const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
    ended = false;
    spawn(accept_one(listener->get()));
    auto stream = run(loop, connect(loop, Address{"127.0.0.1", port}, make_tls_client(client).value(), seconds(20)));
    if (stream) run(loop, wait_for_end());
    (*listener)->close();
    loop.stop();
    loop.run();
    if (stream) return {};
    detail = stream.error().detail;
    return std::string(entry(stream.error().code).name);
  }
  Task<void> accept_one(Listener* listener) {
    const auto accepted = co_await listener->accept();
    if (accepted) client_is = (*accepted)->certified_name();
    ended = true;
    on_end.notify();
  }
  Task<void> wait_for_end() {
    while (!ended) co_await on_end.wait();
  }

  std::string mistake(const TlsSettings& settings) {
    auto made = make_tls_server(settings);
    if (made) return {};
    EXPECT_EQ(made.error().code, FaultCode::key_unreadable);
    return made.error().detail;
  }

  test::Certificates certificates;
  AsioLoop loop;
  std::string detail;
  std::string client_is;  // to the server
  Wakeup on_end{loop};
  bool ended = false;
};

TEST_F(TlsTest, a_client_checks_the_host_that_it_dialled) {
  EXPECT_EQ(connect_fault(certificates.server(), certificates.client()), "");
  auto other = certificates.server();
  other.certificate = certificates.file("client.pem");  // without 127.0.0.1
  other.key = certificates.file("client.key");
  EXPECT_EQ(connect_fault(other, certificates.client()), "peer_not_allowed");
  EXPECT_NE(detail.find("client.example"), std::string::npos) << detail;
}

TEST_F(TlsTest, a_client_is_known_by_its_certificate_where_the_server_asks_for_one) {
  EXPECT_EQ(connect_fault(certificates.mutual_server(), certificates.client()), "");
  EXPECT_EQ(client_is, "client.example");
  client_is = "?";
  EXPECT_EQ(connect_fault(certificates.server(), certificates.client()), "");
  EXPECT_EQ(client_is, "");
}

TEST_F(TlsTest, a_client_with_names_checks_those_instead) {
  auto client = certificates.client();
  client.names = {"nobody.example", "x.wild.example"};
  EXPECT_EQ(connect_fault(certificates.server(), client), "");
  client.names = {"nobody.example"};
  EXPECT_EQ(connect_fault(certificates.server(), client), "peer_not_allowed");
}

TEST_F(TlsTest, a_client_refuses_an_authority_that_it_does_not_know_and_says_so) {
  auto client = certificates.client();
  client.authorities = certificates.file("other.pem");
  EXPECT_EQ(connect_fault(certificates.server(), client), "tls_failed");
  EXPECT_NE(detail.find("certificate"), std::string::npos) << detail;
}

TEST_F(TlsTest, a_missing_file_is_named_with_its_reason) {
  auto settings = certificates.server();
  settings.certificate = certificates.file("missing.pem");
  EXPECT_EQ(mistake(settings), settings.certificate + ": No such file or directory");
  settings = certificates.server();
  settings.key = certificates.file("missing.key");
  EXPECT_EQ(mistake(settings), settings.key + ": No such file or directory");
  settings = certificates.mutual_server();
  settings.authorities = certificates.file("missing.pem");
  EXPECT_NE(mistake(settings).find("missing.pem"), std::string::npos);
}

TEST_F(TlsTest, a_key_that_does_not_belong_to_the_certificate_is_a_mistake) {
  auto settings = certificates.server();
  settings.key = certificates.file("client.key");
  EXPECT_NE(mistake(settings).find("mismatch"), std::string::npos) << mistake(settings);
}

TEST_F(TlsTest, a_key_under_a_pass_phrase_is_a_mistake_and_asks_nobody) {
  auto settings = certificates.client();
  settings.key = certificates.file("locked.key");
  EXPECT_NE(mistake(settings), "");
}

TEST_F(TlsTest, a_listener_needs_a_certificate_and_to_check_peers_authorities) {
  EXPECT_NE(mistake(TlsSettings()), "");
  auto settings = certificates.server();
  settings.require_peer = true;
  EXPECT_NE(mistake(settings).find("authorities"), std::string::npos);
}

}  // namespace
}  // namespace myelin::net
