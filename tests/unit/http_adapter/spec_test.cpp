#include "adapters/http/spec.h"

#include <gtest/gtest.h>

#include "adapters/catalog.h"
#include "engine/net/asio_loop.h"
#include "tests/unit/config/connection_options.h"

namespace myelin::http {
namespace {

config::Options read(const std::string& yaml) { return myelin::test::connection_options(*kind().connection, yaml); }

std::string source_fault(const std::string& yaml) {
  const auto made = kind().make_source(read(yaml));
  return made ? "" : to_string(made.error());
}
std::string destination_fault(const std::string& yaml) {
  const auto made = kind().make_destination(read(yaml));
  return made ? "" : to_string(made.error());
}

TEST(HttpKind, stands_in_the_catalogue) {
  bool found = false;
  for (const auto& entry : adapters::catalog()) found = found || entry.name == "http";
  EXPECT_TRUE(found);
}

TEST(HttpKind, makes_a_source_that_opens_where_it_was_told) {
  const auto options = read("listen: 127.0.0.1:0\npaths: [/orders, '/lab/*']\nmethods: PUT\nreply: status\n");
  EXPECT_EQ(kind().listens_on(options), "127.0.0.1:0");
  const auto made = kind().make_source(options);
  ASSERT_TRUE(made) << to_string(made.error());
  net::AsioLoop loop;
  const auto source = (*made)(loop);
  ASSERT_TRUE(source->open());
  EXPECT_TRUE(source->address().starts_with("127.0.0.1:"));
}

TEST(HttpKind, needs_no_secret_to_be_checked) {
  EXPECT_EQ(destination_fault("url: https://portal.example/\nauth: { bearer: { env: MYELIN_TEST_NOT_THERE } }\n"), "");
  EXPECT_EQ(source_fault("listen: :0\nauth: { user: a, password: { env: MYELIN_TEST_NOT_THERE } }\n"), "");
  EXPECT_EQ(destination_fault("url: https://portal.example/\nauth:\n  oauth: { url: 'https://login.example/token', "
                              "client: west, secret: { env: MYELIN_TEST_NOT_THERE } }\n"),
            "");
}

struct Wrong {
  const char* yaml;
  const char* said;
};

TEST(HttpKind, names_the_texts_that_depend_on_the_message) {
  const auto options = read(
      "url: 'http://a/{{ PID-3.1 }}'\ncontent_type: application/fhir+json; charset=utf-8\n"
      "headers: { X-Ward: =PV1-3.1, X-Site: West, X-Key: { env: K } }\nbody: '{{ PID-3.1 }}'\n");
  const auto all = kind().templates(options);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].name, "url");
  EXPECT_EQ(all[0].encoding, Encoding::url);
  EXPECT_EQ(all[1].name, "body");
  EXPECT_EQ(all[1].encoding, Encoding::json);
  EXPECT_EQ(all[2].name, "headers.X-Ward");
  EXPECT_EQ(all[2].encoding, Encoding::header);
  EXPECT_TRUE(kind().templates(read("url: http://a/\nbody: plain\n")).empty());
}

TEST(HttpKind, says_what_is_wrong_with_a_source_and_where) {
  for (const auto& [yaml, said] : {
           Wrong{"paths: [/a]\n", "needs `listen`"},
           Wrong{"listen: :0\nurl: http://a/\n", "`url` has no meaning for an http source (conf/connections.yaml:2:6"},
           Wrong{"listen: :0\npaths: [orders]\n", "'orders' is no path"},
           Wrong{"listen: :0\nmethods: [GET]\n", "takes POST and PUT"},
           Wrong{"listen: :0\nauth: { user: a }\n", "`auth` is `bearer`, or"},
           Wrong{"listen: :0\nauth: { user: a, bearer: { env: B } }\n", "`auth` is `bearer`, or"},
           Wrong{"listen: :0\nauth: { user: 'a:b', password: { env: B } }\n", "a user has no colon"},
           Wrong{"listen: :0\nauth:\n  oauth: { url: 'https://a/', client: c, secret: { env: B } }\n",
                 "`oauth` has no meaning for an http source"},
       })
    EXPECT_NE(source_fault(yaml).find(said), std::string::npos) << yaml << source_fault(yaml);
}

TEST(HttpKind, says_what_is_wrong_with_a_destination_and_where) {
  for (const auto& [yaml, said] : {
           Wrong{"method: PUT\n", "needs `url`"},
           Wrong{"url: http://a/\nlisten: :0\n", "`listen` has no meaning for an http destination"},
           Wrong{"url: http://user:pass@a/\n", "a URL is http://"},
           Wrong{"url: 'http://{{ MSH-5 }}/'\n", "who is dialled cannot depend on the message"},
           Wrong{"url: 'http://a:{{ MSH-5 }}/'\n", "a URL is http://"},
           Wrong{"url: http://a:99999/x\n", "the port 99999 is out of range: 1 to 65535"},
           Wrong{"url: http://a/\nproxy: http://p:65536\n", "the port 65536 is out of range: 1 to 65535"},
           Wrong{"url: http://a/\nheaders: { X-Ward: 'Ä{{ MSH-5 }}' }\n", "one line of ASCII"},
           Wrong{"url: http://a/\nproxy: https://p:1\n", "a proxy is http://HOST:PORT"},
           Wrong{"url: http://a/\nproxy: http://127.0.0.1:1\n", "would permit it"},
           Wrong{"url: http://a/\nproxy: http://p:1\nallow: [p]\n", "a is resolved by the proxy"},
           Wrong{"url: http://a/\nproxy_auth: { user: a, password: { env: B } }\n", "belongs to `proxy`"},
           Wrong{"url: http://a/\ntls: { }\n", "`tls` belongs to an https:// URL"},
           Wrong{"url: http://127.0.0.1:80/\n", "`allow: [127.0.0.1]` would permit it (conf/connections.yaml:1:6"},
           Wrong{"url: http://169.254.169.254/latest\n", "link-local"},
           Wrong{"url: http://10.1.1.1/\nallow: [10.2.0.0/16]\n", "not in the connection's `allow` list"},
           Wrong{"url: http://a/\nallow: ['10.0.0.0/40']\n", "'10.0.0.0/40' in `allow`"},
           Wrong{"url: http://a/\nheaders: { 'X Y': a }\n", "is no name of a header field"},
           Wrong{"url: http://a/\nheaders: { Authorization: a }\n", "is written by the engine"},
           Wrong{"url: http://a/\nheaders: { X-Key: [a] }\n", "the value of X-Key is text, or"},
           Wrong{"url: http://a/\nauth:\n  oauth: { url: 'http://127.0.0.1/', client: c, secret: { env: B } }\n",
                 "would permit it"},
       })
    EXPECT_NE(destination_fault(yaml).find(said), std::string::npos) << yaml << destination_fault(yaml);
  EXPECT_EQ(destination_fault("url: http://127.0.0.1:80/\nallow: [127.0.0.1]\n"), "");
}

}  // namespace
}  // namespace myelin::http
