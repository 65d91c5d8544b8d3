// The sending side of HTTP: one request per message over a connection that is kept, one at a time. It reports what
// happened; whether to try again is the lane's business. Redirects are never followed.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "adapters/http/link.h"
#include "adapters/http/settings.h"
#include "adapters/http/token.h"
#include "engine/model/adapter.h"

namespace myelin::http {

class HttpDestination final : public Destination {
 public:
  HttpDestination(Loop& loop, DestinationSettings settings);
  ~HttpDestination() override;

  Task<Outcome> send(const Outbound& outbound) override;
  // The next send() connects anew.
  void close() override;

 private:
  Task<Outcome> attempt(const Outbound& outbound, std::stop_token stop);
  Task<Result<std::string>> request_of(const Outbound& outbound, std::stop_token stop);
  Result<std::string> target_of(const Outbound& outbound) const;
  Task<Result<std::string>> credentials(std::stop_token stop);
  Task<Result<std::shared_ptr<Link>>> connected(std::stop_token stop);

  Loop& loop_;
  DestinationSettings settings_;
  std::optional<TokenSource> token_;
  std::shared_ptr<Link> link_;
  std::stop_source closing_;
};

}  // namespace myelin::http
