#include "adapters/mllp/spec.h"

#include <gtest/gtest.h>

#include "adapters/catalog.h"
#include "engine/net/asio_loop.h"
#include "tests/unit/config/connection_options.h"
#include "tests/unit/net/certificates.h"

namespace myelin::mllp {
namespace {

config::Options read(const std::string& yaml, const std::string& path = "conf/connections.yaml") {
  return myelin::test::connection_options(*kind().connection, yaml, path);
}

std::string source_fault(const std::string& yaml, const std::string& path = "conf/connections.yaml") {
  const auto made = kind().make_source(read(yaml, path));
  return made ? "" : to_string(made.error());
}

TEST(MllpKind, stands_in_the_catalogue) {
  bool found = false;
  for (const auto& entry : adapters::catalog()) found = found || entry.name == "mllp";
  EXPECT_TRUE(found);
}

TEST(MllpKind, makes_a_source_that_opens_where_it_was_told) {
  const auto options = read("listen: 127.0.0.1:0\nmax_connections: 5\nmax_frame: 16MiB\nidle: 5m\n");
  EXPECT_EQ(kind().listens_on(options), "127.0.0.1:0");
  const auto made = kind().make_source(options);
  ASSERT_TRUE(made);
  net::AsioLoop loop;
  const auto source = (*made)(loop);
  ASSERT_TRUE(source->open());
  EXPECT_TRUE(source->address().starts_with("127.0.0.1:"));
}

TEST(MllpKind, makes_a_destination_that_listens_nowhere) {
  const auto options = read("connect: lab.example:2575\ntimeout: 10s\n");
  EXPECT_EQ(kind().listens_on(options), "");
  const auto made = kind().make_destination(options);
  ASSERT_TRUE(made);
  net::AsioLoop loop;
  EXPECT_TRUE((*made)(loop));
}

TEST(MllpKind, wants_one_of_listen_and_connect) {
  EXPECT_NE(source_fault("max_frame: 1MiB\n").find("one of `listen` and `connect`"), std::string::npos);
  EXPECT_NE(source_fault("listen: :1\nconnect: a:1\n").find("M0605"), std::string::npos);
}

TEST(MllpKind, can_answer_as_the_message_asks) {
  EXPECT_EQ(source_fault("listen: :0\nack: msh\n"), source_fault("listen: :0\n"));
}

TEST(MllpKind, shows_an_unreadable_key_at_its_place_and_reads_files_beside_the_configuration) {
  const std::string yaml = "listen: :0\ntls:\n  certificate: tls/a.pem\n  key: tls/a.key\n";
  EXPECT_NE(source_fault(yaml).find("conf/tls/a.pem: No such file"), std::string::npos) << source_fault(yaml);
  EXPECT_NE(source_fault(yaml, "conf/channels/adt.yaml").find("M0602 key_unreadable: conf/tls/a.pem"),
            std::string::npos);
  EXPECT_NE(source_fault(yaml).find("conf/connections.yaml:"), std::string::npos);
}

TEST(MllpKind, loads_certificates) {
  const net::test::Certificates certificates;
  const auto directory = certificates.directory().string();
  EXPECT_EQ(
      source_fault("listen: :0\ntls:\n  certificate: server.pem\n  key: server.key\n  authorities: authority.pem\n"
                   "  require_peer: true\n  names: [client.example]\n",
                   directory + "/connections.yaml"),
      "");
}

}  // namespace
}  // namespace myelin::mllp
