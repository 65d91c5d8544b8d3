#include "engine/main/client/link.h"

#include <cstdlib>
#include <utility>

#include "engine/main/engine_config.h"
#include "engine/net/asio_loop.h"
#include "engine/net/http_client.h"
#include "engine/net/socket.h"

namespace myelin {
namespace {

constexpr Duration kConnectLimit = seconds(5);

Task<void> run_body(net::AsioLoop& loop, std::string socket, std::function<Task<Exit>(DaemonLink&)> body, Exit& exit) {
  DaemonLink link(loop, std::move(socket));
  auto running = body(link);
  exit = co_await running;
  link.close();
  loop.stop();
}

}  // namespace

Task<Result<Reply>> DaemonLink::send(std::string method, std::string target, std::string body) {
  if (!stream_) {
    auto connected = co_await net::connect_unix(loop_, socket_, kConnectLimit);
    if (!connected) co_return fail(FaultCode::daemon_not_reached, connected.error().detail);
    stream_ = std::move(*connected);
  }
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  if (!request.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  net::HttpExchange exchange;
  exchange.answer = limit_;
  auto response = co_await net::exchange_http(loop_, *stream_, std::move(request), std::move(exchange));
  if (!response || !response->keep_alive) close();
  if (!response) co_return fail(response);
  auto read = json::read(response->body);
  if (!read)
    co_return fail(FaultCode::garbage_answer, "the daemon's answer is not JSON: is " + socket_ + " its socket?");
  Reply reply;
  reply.status = response->status;
  reply.body = std::move(*read);
  co_return std::move(reply);
}

Task<Result<json::Value>> DaemonLink::get(std::string target) {
  std::string no_body;
  auto reply = co_await send("GET", std::move(target), std::move(no_body));
  if (!reply) co_return fail(reply);
  if (reply->status >= 400) co_return fail(fault_of(*reply));
  co_return std::move(reply->body);
}

Task<Result<json::Value>> DaemonLink::post(std::string target, json::Value body) {
  auto text = json::write(body);
  auto reply = co_await send("POST", std::move(target), std::move(text));
  if (!reply) co_return fail(reply);
  if (reply->status >= 400) co_return fail(fault_of(*reply));
  co_return std::move(reply->body);
}

void DaemonLink::close() {
  if (stream_) stream_->close();
  stream_.reset();
}

Fault fault_of(const Reply& reply) {
  const auto& error = reply.body["error"];
  const auto* known = find_fault(error["code"].text_or(""));
  if (!known)
    return Fault{FaultCode::garbage_answer, "the daemon answered status " + std::to_string(reply.status), {}, {}};
  return Fault{known->code, error["detail"].text_or(""), error["at"].text_or(""), error["place"].text_or("")};
}

std::string socket_path(const std::string& option) {
  if (!option.empty()) return option;
  const char* const named = std::getenv("MYELIN_SOCKET");
  return named && *named ? std::string(named) : default_admin_socket();
}

Exit with_daemon(const std::string& socket, std::function<Task<Exit>(DaemonLink&)> body) {
  net::AsioLoop loop;
  Exit exit = Exit::not_reached;
  spawn(run_body(loop, socket_path(socket), std::move(body), exit));
  loop.run();
  return exit;
}

}  // namespace myelin
