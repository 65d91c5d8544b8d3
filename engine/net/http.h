// What an HTTP/1.1 request and response are here, and how they are written. Reading is http_reader.h (the one file with
// Beast behind it), speaking is http_server.h and http_client.h, all over net::Stream: TCP, TLS and Unix alike.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/fault.h"

namespace myelin::net {

struct HttpLimits {
  std::uint32_t head = 16 * 1024;    // request line and fields; head_too_large
  std::uint64_t body = 1024 * 1024;  // request_too_large
};

struct HttpHeader {
  std::string name;
  std::string value;
};
using HttpHeaders = std::vector<HttpHeader>;

// The value of the first field of this name (any case); empty when there is none.
std::string_view find_header(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";                               // as on the wire
  std::string path;                                       // decoded, by split_target()
  std::map<std::string, std::string, std::less<>> query;  // decoded; the last of a name wins
  HttpHeaders headers;
  std::string body;
  std::string peer;                 // Stream::peer() of the connection
  std::string certified_name = {};  // Stream::certified_name() of the connection
  bool keep_alive = true;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;  // empty: no such field
  std::string body;
  HttpHeaders headers;
  bool keep_alive = true;
};

// Fills path and query from target: bad_request where a percent code is broken or the path does not begin with "/".
Result<void> split_target(HttpRequest& request);
// The reverse for one path segment or query value: all but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

// "Not Found"
std::string_view reason_phrase(int status);

enum class HttpBody : std::uint8_t { whole, omitted };  // omitted: the answer to HEAD

// Content-Length and Connection are ours; line ends in a field's value become blanks.
std::string render(const HttpRequest& request, std::string_view host);
std::string render(const HttpResponse& response, WallTime now, HttpBody body = HttpBody::whole);

}  // namespace myelin::net
