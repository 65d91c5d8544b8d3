#include "adapters/http/token.h"

#include <algorithm>

#include "adapters/http/dial.h"
#include "engine/fhir/json.h"
#include "engine/net/http_client.h"

namespace myelin::http {
namespace {

constexpr Duration kLimit = seconds(10);
constexpr std::int64_t kLifeUnsaid = 300;  // seconds, where the answer has no expires_in
constexpr std::int64_t kLongestLife = 24 * 60 * 60;

}  // namespace

Task<Result<std::string>> TokenSource::get(std::stop_token stop) {
  if (!token_.empty() && loop_.mono() < renew_at_) co_return token_;
  token_.clear();
  auto response = co_await fetch(std::move(stop));
  if (!response) co_return fail(response);
  co_return read(*response);
}

Task<Result<net::HttpResponse>> TokenSource::fetch(std::stop_token stop) {
  const auto secret = config::resolve_secret(settings_.secret);
  if (!secret) co_return fail(secret.error());
  Way way{settings_.url, settings_.tls, of_.egress, of_.proxy, kLimit};
  auto dialling = dial(loop_, std::move(way), std::move(stop));
  auto stream = co_await dialling;
  if (!stream) co_return fail(stream);
  net::HttpRequest request;
  request.method = "POST";
  request.target = settings_.url.target;
  if (names_whole_url(settings_.url, of_.proxy)) {
    auto known = proxy_authorization(*of_.proxy);
    if (!known) co_return fail(known);
    if (!known->empty()) request.headers.push_back({"Proxy-Authorization", std::move(*known)});
    request.target = "http://" + settings_.url.authority + request.target;
  }
  request.keep_alive = false;
  // RFC 6749, 2.3.1: both are form-encoded before they are joined.
  const auto client = net::percent_encode(settings_.client) + ":" + net::percent_encode(*secret);
  request.headers.push_back({"Authorization", "Basic " + base64(client)});
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  request.headers.push_back({"Accept", "application/json"});
  request.body = "grant_type=client_credentials";
  if (!settings_.scope.empty()) request.body += "&scope=" + net::percent_encode(settings_.scope);
  net::HttpExchange exchange;
  exchange.host = settings_.url.authority;
  exchange.answer = kLimit;
  exchange.limits.body = std::uint64_t{64} * 1024;
  auto asking = net::exchange_http(loop_, **stream, std::move(request), std::move(exchange));
  auto response = co_await asking;
  (*stream)->close();
  co_return response;
}

Result<std::string> TokenSource::read(const net::HttpResponse& response) {
  const auto refused = [&](const std::string& why) {
    return fail(FaultCode::token_refused,
                settings_.url.authority + " answered " + std::to_string(response.status) + why);
  };
  if (response.status != 200) return refused({});
  const auto answer = json::read(response.body);
  if (!answer) return refused(" without JSON");
  const auto token = (*answer)["access_token"].text_or({});
  const auto printable = [](char c) { return c > ' ' && c < 0x7f; };
  if (token.empty() || !std::ranges::all_of(token, printable)) return refused(" without a token");
  const auto life = seconds(std::clamp<std::int64_t>((*answer)["expires_in"].integer_or(kLifeUnsaid), 0, kLongestLife));
  token_ = token;
  renew_at_ = loop_.mono() + life - std::min<Duration>(kMargin, life / 10);
  return token_;
}

}  // namespace myelin::http
