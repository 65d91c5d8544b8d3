#include "engine/net/http.h"

#include <gtest/gtest.h>

namespace myelin::net {
namespace {

HttpRequest to(std::string target) {
  HttpRequest request;
  request.target = std::move(target);
  return request;
}

TEST(HttpTarget, is_split_into_path_and_query_and_decoded) {
  auto request = to("/api/v1/channels/a%20b%2Fc?state=parked&limit=10&who=J%C3%B6+R&flag&limit=20#part");
  ASSERT_TRUE(split_target(request));
  EXPECT_EQ(request.path, "/api/v1/channels/a b/c");
  EXPECT_EQ(request.query.at("state"), "parked");
  EXPECT_EQ(request.query.at("limit"), "20");
  EXPECT_EQ(request.query.at("who"), "J\xC3\xB6 R");
  EXPECT_EQ(request.query.at("flag"), "");
}

TEST(HttpTarget, is_refused_where_a_percent_code_is_broken) {
  for (const auto* target : {"/%", "/%2", "/%zz", "/a?b=%4", "a", "*", "", "http://elsewhere/x"}) {
    auto request = to(target);
    const auto split = split_target(request);
    ASSERT_FALSE(split) << target;
    EXPECT_EQ(split.error().code, FaultCode::bad_request);
  }
}

TEST(HttpTarget, is_refused_where_it_leads_elsewhere_or_hides_something) {
  for (const auto* target : {"/orders/../admin", "/..", "/orders/..", "/./orders", "/orders/%2e%2e/admin",
                             "/orders%2F..", "/orders/%2E.?x=1", "/or%00ders", "/or%0Ader", "/%7f"}) {
    auto request = to(target);
    const auto split = split_target(request);
    ASSERT_FALSE(split) << target;
    EXPECT_EQ(split.error().code, FaultCode::bad_request);
  }
  for (const auto* target : {"/orders/..more", "/...", "/.well-known/x", "//orders", "/?x=../y"}) {
    auto request = to(target);
    EXPECT_TRUE(split_target(request)) << target;
  }
}

TEST(HttpTarget, comes_back_from_what_percent_encode_wrote) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  const auto printable = all.substr(31, 95) + all.substr(127);
  auto request = to("/" + percent_encode(printable) + "?q=" + percent_encode(all));
  ASSERT_TRUE(split_target(request));
  EXPECT_EQ(request.path, "/" + printable);
  EXPECT_EQ(request.query.at("q"), all);
}

TEST(HttpResponse, is_written_with_length_date_and_connection) {
  HttpResponse response;
  response.status = 404;
  response.content_type = "text/plain";
  response.body = "no\n";
  response.keep_alive = false;
  const WallTime when(seconds(784111777));  // the example of RFC 9110
  EXPECT_EQ(render(response, when),
            "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\nConnection: close\r\n\r\nno\n");
  EXPECT_TRUE(render(response, when, HttpBody::omitted).ends_with("close\r\n\r\n"));
}

TEST(HttpResponse, cannot_be_split_by_a_line_end_in_a_field) {
  HttpResponse response;
  response.headers.push_back({"Location", "/a\r\nSet-Cookie: x"});
  EXPECT_EQ(render(response, WallTime{}).find("\r\nSet-Cookie"), std::string::npos);
}

TEST(HttpRequest, is_written_with_host_and_length) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/x";
  EXPECT_EQ(render(request, "localhost"), "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
}

TEST(HttpHeaders, are_found_whatever_their_case) {
  const HttpHeaders headers = {{"X-First", "1"}, {"content-TYPE", "text/html"}};
  EXPECT_EQ(find_header(headers, "Content-Type"), "text/html");
  EXPECT_EQ(find_header(headers, "Content"), "");
}

}  // namespace
}  // namespace myelin::net
