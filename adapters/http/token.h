// TokenSource: an OAuth 2 access token by client credentials (RFC 6749, 4.4), kept until shortly before it expires.
#pragma once

#include <stop_token>
#include <string>

#include "adapters/http/settings.h"
#include "engine/base/task.h"

namespace myelin::http {

class TokenSource {
 public:
  // `settings` outlives it, and has a token.
  TokenSource(Loop& loop, const DestinationSettings& settings)
      : loop_(loop), of_(settings), settings_(*settings.token) {}

  // The token, fetched anew where there is none that lasts. secret_missing, what connecting meets, and token_refused
  // where the token endpoint's answer has none.
  Task<Result<std::string>> get(std::stop_token stop);
  // The peer does not take it: the next get() fetches another.
  void forget() { token_.clear(); }

  static constexpr Duration kMargin = seconds(30);  // before its end, or a tenth of its life where that is shorter

 private:
  Task<Result<net::HttpResponse>> fetch(std::stop_token stop);
  Result<std::string> read(const net::HttpResponse& response);

  Loop& loop_;
  const DestinationSettings& of_;
  const TokenSettings& settings_;
  std::string token_;
  MonoTime renew_at_{};
};

}  // namespace myelin::http
