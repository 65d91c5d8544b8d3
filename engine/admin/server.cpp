#include "engine/admin/server.h"

#include <utility>

#include "engine/net/http_server.h"

namespace myelin::admin {

Server::Server(Loop& loop, runtime::Host& host, Store& store, Hooks hooks)
    : loop_(loop), api_(loop, operations_of(loop, host, store, std::move(hooks))) {}

Result<void> Server::open(const std::string& path, unsigned mode) {
  auto listener = net::listen_unix(loop_, path, mode);
  if (!listener) return fail(listener);
  listener_ = std::move(*listener);
  return {};
}

Task<void> Server::run(std::stop_token stop) {
  if (!listener_) co_return;
  net::HttpServerSettings settings;
  settings.refuse = refusal;
  net::HttpHandler handler = [this](net::HttpRequest request) { return api_.handle(std::move(request)); };
  auto serving = net::serve_http(loop_, *listener_, std::move(handler), std::move(settings), std::move(stop));
  co_await serving;
}

}  // namespace myelin::admin
