#include "adapters/http/egress.h"

#include <gtest/gtest.h>

#include "adapters/http/url.h"

namespace myelin::http {
namespace {

bool allows(const std::vector<std::string>& allow, const std::string& host, const std::string& address) {
  const auto egress = Egress::make(allow);
  EXPECT_TRUE(egress);
  return egress->check(host, address).has_value();
}

TEST(Egress, lets_nobody_dial_this_machine_or_its_surroundings_unasked) {
  for (const auto* address : {"127.0.0.1", "127.8.8.8", "0.0.0.0", "169.254.169.254", "169.254.1.1", "224.0.0.1",
                              "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254",
                              "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "nonsense"})
    EXPECT_FALSE(allows({}, "portal.example", address)) << address;
  for (const auto* address : {"10.1.2.3", "192.168.0.9", "203.0.113.7", "2001:db8::1", "fd12::1", "126.255.255.255"})
    EXPECT_TRUE(allows({}, "portal.example", address)) << address;
}

TEST(Egress, a_list_allows_what_it_names_and_nothing_else) {
  EXPECT_TRUE(allows({"10.20.0.0/15"}, "a", "10.21.255.255"));
  EXPECT_FALSE(allows({"10.20.0.0/15"}, "a", "10.22.0.0"));
  EXPECT_FALSE(allows({"10.20.0.0/15"}, "a", "203.0.113.7"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "localhost", "127.0.0.1"));
  EXPECT_TRUE(allows({"127.0.0.1"}, "localhost", "::ffff:127.0.0.1"));
  EXPECT_FALSE(allows({"127.0.0.1"}, "localhost", "127.0.0.2"));
  EXPECT_TRUE(allows({"2001:db8::/33"}, "a", "2001:db8:7fff::1"));
  EXPECT_FALSE(allows({"2001:db8::/33"}, "a", "2001:db8:8000::1"));
}

TEST(Egress, a_name_in_the_list_does_not_open_this_machine) {
  EXPECT_TRUE(allows({"Portal.example"}, "portal.EXAMPLE", "203.0.113.7"));
  EXPECT_FALSE(allows({"portal.example"}, "other.example", "203.0.113.7"));
  EXPECT_FALSE(allows({"portal.example"}, "portal.example", "127.0.0.1"));
}

TEST(Egress, says_what_it_knows_before_a_name_is_resolved) {
  const auto egress = Egress::make({});
  EXPECT_FALSE(egress->check_written("127.0.0.1"));
  EXPECT_FALSE(egress->check_written("LOCALHOST"));
  EXPECT_TRUE(egress->check_written("portal.example"));
  EXPECT_TRUE(Egress::make({"::1"})->check_written("localhost"));
  EXPECT_EQ(egress->check_written("127.0.0.1").error().code, FaultCode::address_not_allowed);
}

TEST(Egress, refuses_an_entry_that_is_neither_address_nor_name) {
  for (const auto* entry : {"10.0.0.0/33", "10.0.0", "10.0.0.0/x", "::/129", "", "a b", "http://a", "10.0.0.0/-1"})
    EXPECT_FALSE(Egress::make({entry})) << entry;
}

TEST(Url, is_taken_apart) {
  const auto url = parse_url("https://portal.example/api?x=1");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->address.host, "portal.example");
  EXPECT_EQ(url->address.port, 443);
  EXPECT_EQ(url->authority, "portal.example");
  EXPECT_EQ(url->target, "/api?x=1");
  EXPECT_EQ(parse_url("http://h")->target, "/");
  EXPECT_EQ(parse_url("http://h?a")->target, "/?a");
  EXPECT_EQ(parse_url("http://h:8080/")->address.port, 8080);
  EXPECT_EQ(parse_url("http://[2001:db8::1]/")->address.host, "2001:db8::1");
  EXPECT_EQ(parse_url("http://[2001:db8::1]:81/")->authority, "[2001:db8::1]:81");
}

TEST(Url, is_refused_where_it_could_mean_two_things_or_shows_a_password) {
  for (const auto* text :
       {"", "portal.example", "ftp://h/", "http://", "http:///a", "http://u:p@h/", "http://h/#a", "http://h/a b",
        "http://h:0/", "http://h:99999/", "http://h\\@other/", "http://h/\r\nX: y", "http://h/\xc3\xa9"})
    EXPECT_FALSE(parse_url(text)) << text;
}

}  // namespace
}  // namespace myelin::http
