// The receiving side of HTTP: the body of a request is the message, byte for byte, and the response is the answer.
// What can be refused by the head of a request (path, method, content type, Authorization) is refused before its body
// is read; connections, limits and pipelining are engine/net/http_server.h.
#pragma once

#include <memory>

#include "adapters/http/settings.h"
#include "engine/base/id.h"
#include "engine/model/adapter.h"

namespace myelin::http {

class HttpSource final : public Source {
 public:
  HttpSource(Loop& loop, SourceSettings settings);

  // Also secret_missing.
  Result<void> open() override;
  Task<void> run(Intake& intake, std::stop_token stop) override;
  std::string address() const override { return listener_ ? listener_->address() : std::string(); }

 private:
  std::optional<net::HttpResponse> refuse(Intake& intake, const net::HttpRequest& request);
  Task<net::HttpResponse> take(Intake* intake, net::HttpRequest request);
  Task<net::HttpResponse> take_batch(Intake* intake, net::HttpRequest request, Bytes bytes);
  Task<net::HttpResponse> tell(Intake* intake, std::string ticket);

  Loop& loop_;
  SourceSettings settings_;
  Doorkeeper door_;
  IdSource ids_;  // of answers to what was not stored
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace myelin::http
