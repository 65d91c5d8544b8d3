#include "adapters/http/destination.h"

#include <utility>

#include "adapters/http/dial.h"
#include "adapters/http/outcome.h"
#include "engine/hl7/ack.h"

namespace myelin::http {
namespace {

Outcome unreachable(Fault fault) {
  Outcome result;
  result.fault = std::move(fault);
  return result;
}

// A secret may come, a message does not change.
Outcome not_sent(Fault fault) {
  auto result = unreachable(std::move(fault));
  if (result.fault->code == FaultCode::bad_value) result.kind = Outcome::Kind::refused;
  return result;
}

std::string control_id(std::string_view message) {
  const auto header = hl7::read_header(message);
  return header ? std::string(header->control_id) : std::string();
}

}  // namespace

HttpDestination::HttpDestination(Loop& loop, DestinationSettings settings)
    : loop_(loop), settings_(std::move(settings)) {
  if (settings_.token) token_.emplace(loop_, settings_);
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
  if (!request) co_return not_sent(std::move(request.error()));
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

// A URL with formulas has its scheme and authority as written: only what stands behind them depends on the message.
Result<std::string> HttpDestination::target_of(const Outbound& outbound) const {
  const auto filled = outbound.filled.find("url");
  if (filled == outbound.filled.end()) return settings_.url.target;
  const auto url = parse_url(filled->second);
  if (url && url->authority == settings_.url.authority) return url->target;
  return fail(FaultCode::bad_value, "`url` makes no URL of this message");
}

// Everything but the body's bytes is known before a connection is made: a missing secret costs the peer nothing.
Task<Result<std::string>> HttpDestination::request_of(const Outbound& outbound, std::stop_token stop) {
  net::HttpRequest request;
  request.method = settings_.method;
  auto target = target_of(outbound);
  if (!target) co_return fail(target);
  request.target = std::move(*target);
  if (names_whole_url(settings_.url, settings_.proxy)) {
    auto proxy = proxy_authorization(*settings_.proxy);
    if (!proxy) co_return fail(proxy);
    if (!proxy->empty()) request.headers.push_back({"Proxy-Authorization", std::move(*proxy)});
    request.target = "http://" + settings_.url.authority + request.target;
  }
  request.headers.push_back({"Content-Type", settings_.content_type});
  request.headers.push_back({"User-Agent", "myelin"});
  // The same at each repetition of a delivery, so that the peer can tell a repetition from a second message.
  request.headers.push_back({"Idempotency-Key", to_string(outbound.id)});
  auto known = co_await credentials(std::move(stop));
  if (!known) co_return fail(known);
  if (!known->empty()) request.headers.push_back({"Authorization", std::move(*known)});
  for (const auto& header : settings_.headers) {
    const auto& written = outbound.text("headers." + header.name, header.value);
    auto value = header.secret ? config::resolve_secret(*header.secret) : Result<std::string>(written);
    if (!value) co_return fail(value);
    request.headers.push_back({header.name, std::move(*value)});
  }
  if (settings_.body) request.body = outbound.text("body", *settings_.body);
  else request.body = outbound.bytes.view();
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
  Way way{settings_.url, settings_.tls, settings_.egress, settings_.proxy, settings_.connect_timeout};
  auto dialling = dial(loop_, std::move(way), stop);
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
