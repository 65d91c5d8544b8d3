#include "adapters/http/destination.h"

#include <utility>

#include "adapters/http/outcome.h"
#include "engine/hl7/ack.h"

namespace myelin::http {
namespace {

Outcome unreachable(Fault fault) {
  Outcome result;
  result.fault = std::move(fault);
  return result;
}

std::string control_id(std::string_view message) {
  const auto header = hl7::read_header(message);
  return header ? std::string(header->control_id) : std::string();
}

}  // namespace

HttpDestination::HttpDestination(Loop& loop, DestinationSettings settings)
    : loop_(loop), settings_(std::move(settings)) {
  if (settings_.token) token_.emplace(loop_, *settings_.token, settings_.egress);
}

HttpDestination::~HttpDestination() { HttpDestination::close(); }

void HttpDestination::close() {
  std::stop_source closing = std::exchange(closing_, std::stop_source());
  const auto link = std::exchange(link_, nullptr);
  if (link) link->end();
  closing.request_stop();
}

Task<Outcome> HttpDestination::send(const Outbound& outbound) {
  const auto stop = closing_.get_token();
  auto first = co_await attempt(outbound, stop);
  if (!token_ || first.code != "401") co_return first;
  // The token was withdrawn before its time. The peer has told that it took nothing, so asking once more is safe.
  token_->forget();
  auto second = co_await attempt(outbound, stop);
  co_return second;
}

Task<Outcome> HttpDestination::attempt(const Outbound& outbound, std::stop_token stop) {
  auto request = co_await request_of(outbound, stop);
  if (!request) co_return unreachable(std::move(request.error()));
  auto ready = co_await connected(stop);
  if (!ready) co_return unreachable(std::move(ready.error()));
  Link::Limits limits{settings_.write_timeout, settings_.answer_timeout};
  auto asking = Link::ask(*ready, std::move(*request), limits);
  auto response = co_await asking;
  if (response) co_return outcome_of(*response, control_id(outbound.bytes.view()), loop_.wall());
  Outcome result;
  result.kind = Outcome::Kind::unknown;
  result.fault = std::move(response.error());
  co_return result;
}

// Everything but the body's bytes is known before a connection is made: a missing secret costs the peer nothing.
Task<Result<std::string>> HttpDestination::request_of(const Outbound& outbound, std::stop_token stop) {
  net::HttpRequest request;
  request.method = settings_.method;
  request.target = settings_.url.target;
  request.headers.push_back({"Content-Type", settings_.content_type});
  request.headers.push_back({"User-Agent", "myelin"});
  // The same at each repetition of a delivery, so that the peer can tell a repetition from a second message.
  request.headers.push_back({"Idempotency-Key", to_string(outbound.id)});
  auto known = co_await credentials(std::move(stop));
  if (!known) co_return fail(known);
  if (!known->empty()) request.headers.push_back({"Authorization", std::move(*known)});
  for (const auto& header : settings_.headers) {
    auto value = header.secret ? config::resolve_secret(*header.secret) : Result<std::string>(header.value);
    if (!value) co_return fail(value);
    request.headers.push_back({header.name, std::move(*value)});
  }
  request.body = outbound.bytes.view();
  co_return net::render(request, settings_.url.authority);
}

Task<Result<std::string>> HttpDestination::credentials(std::stop_token stop) {
  if (settings_.auth) co_return authorization(*settings_.auth);
  if (!token_) co_return std::string();
  auto token = co_await token_->get(std::move(stop));
  if (!token) co_return fail(token);
  co_return "Bearer " + *token;
}

Task<Result<std::shared_ptr<Link>>> HttpDestination::connected(std::stop_token stop) {
  if (link_ && link_->alive()) co_return link_;
  if (link_) link_->end();
  link_.reset();
  auto dialling = dial(loop_, settings_.url, settings_.tls, settings_.egress, settings_.connect_timeout, stop);
  auto stream = co_await dialling;
  if (!stream) co_return fail(stream);
  if (stop.stop_requested()) co_return fail(FaultCode::unreachable, "stopped");
  net::HttpLimits limits;
  limits.head = std::uint32_t{64} * 1024;
  limits.body = settings_.max_answer;
  link_ = Link::begin(loop_, std::move(*stream), limits);
  co_return link_;
}

}  // namespace myelin::http
