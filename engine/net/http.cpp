#include "engine/net/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace myelin::net {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr std::array<Phrase, 31> kPhrases = {{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum class Plus : std::uint8_t { plain, blank };

Result<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += plus == Plus::blank && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(FaultCode::bad_request, "the path of the request has a broken percent code");
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// "/a/../b", also where it was percent-encoded, and bytes that no path of ours has: they only serve to be read in
// another way by somebody between the peer and us.
bool is_plain_path(std::string_view path) {
  if (std::ranges::any_of(path, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; })) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  out += "\r\n";
}

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7)
std::string http_date(WallTime now) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t time = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[static_cast<std::size_t>(parts.tm_wday)],
                     parts.tm_mday, kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string_view find_header(const HttpHeaders& headers, std::string_view name) {
  const auto found = std::ranges::find_if(headers, [&](const HttpHeader& h) { return same_name(h.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

Result<void> split_target(HttpRequest& request) {
  std::string_view target(request.target);
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  if (!target.starts_with('/')) return fail(FaultCode::bad_request, "the path of the request does not begin with /");
  auto path = percent_decode(target.substr(0, mark), Plus::plain);
  if (!path) return fail(path);
  if (!is_plain_path(*path))
    return fail(FaultCode::bad_request, "the path of the request has a . or .. in it, or a control byte");
  request.path = std::move(*path);
  request.query.clear();
  auto rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), Plus::blank);
    if (!name) return fail(name);
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), Plus::blank);
    if (!value) return fail(value);
    request.query.insert_or_assign(std::move(*name), std::move(*value));
  }
  return {};
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) encoded += c;
    else encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

std::string_view reason_phrase(int status) {
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == kPhrases.end() ? std::string_view("Status") : found->text;
}

std::string render(const HttpRequest& request, std::string_view host) {
  auto out = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  add_field(out, "Host", host);
  for (const auto& header : request.headers) add_field(out, header.name, header.value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH")
    add_field(out, "Content-Length", std::to_string(request.body.size()));
  if (!request.keep_alive) add_field(out, "Connection", "close");
  return out.append("\r\n").append(request.body);
}

std::string render(const HttpResponse& response, WallTime now, HttpBody body) {
  auto out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  add_field(out, "Date", http_date(now));
  if (!response.content_type.empty()) add_field(out, "Content-Type", response.content_type);
  for (const auto& header : response.headers) add_field(out, header.name, header.value);
  const bool bodyless = response.status == 204 || response.status == 304 || response.status < 200;
  if (!bodyless) add_field(out, "Content-Length", std::to_string(response.body.size()));
  if (!response.keep_alive) add_field(out, "Connection", "close");
  out += "\r\n";
  if (!bodyless && body == HttpBody::whole) out += response.body;
  return out;
}

}  // namespace myelin::net
