#include "adapters/http/source.h"

#include "adapters/http/answer.h"
#include "adapters/http/multipart.h"
#include "adapters/http/status.h"
#include "adapters/options/kept.h"
#include "engine/base/event.h"
#include "engine/hl7/batch.h"
#include "engine/model/facts.h"
#include "engine/net/http_server.h"

namespace myelin::http {

HttpSource::HttpSource(Loop& loop, SourceSettings settings)
    : loop_(loop), settings_(std::move(settings)), door_(settings_.auth) {}

Result<void> HttpSource::open() {
  auto known = door_.learn(loop_.mono());
  if (!known) return known;
  auto listener = net::listen(loop_, settings_.listen, settings_.tls);
  if (!listener) return fail(listener);
  listener_ = std::move(*listener);
  return {};
}

Task<void> HttpSource::run(Intake& intake, std::stop_token stop) {
  net::HttpServerSettings server;
  server.limits = net::HttpLimits{static_cast<std::uint32_t>(settings_.max_head), settings_.max_body};
  server.idle = settings_.idle;
  server.head = settings_.head;
  server.request = settings_.request;
  server.write = settings_.write;
  server.stop_grace = settings_.stop_grace;
  server.connections = settings_.max_connections;
  server.refuse = [](const Fault& fault) { return refusal(fault); };
  server.admit = [this, &intake](const net::HttpRequest& head) { return refuse(intake, head); };
  server.unfinished = [&intake](const Fault& fault, const std::string& peer, std::string body) {
    intake.report(Incident{fault, peer, Bytes(std::move(body))});
  };
  net::HttpHandler handler = [this, &intake](net::HttpRequest request) { return take(&intake, std::move(request)); };
  auto serving = net::serve_http(loop_, *listener_, std::move(handler), std::move(server), std::move(stop));
  co_await serving;
}

// A request of somebody who is let in, but that cannot be taken, is an incident with what there is of its body. What a
// stranger sends is not kept: it could fill the disk.
std::optional<net::HttpResponse> HttpSource::refuse(Intake& intake, const net::HttpRequest& request) {
  if (!door_.lets_in(find_header(request.headers, "Authorization"), loop_.mono())) {
    emit(EventKind::peer_refused,
         {{Label::peer, request.peer}, {Label::fault, entry(FaultCode::not_authenticated).id}});
    auto response = refusal(Fault{FaultCode::not_authenticated, {}, {}, {}});
    response.headers.push_back({"WWW-Authenticate", door_.challenge()});
    return response;
  }
  const auto fits = check_head(request, settings_);
  if (fits) return std::nullopt;
  intake.report(Incident{fits.error(), request.peer, Bytes(request.body)});
  auto response = refusal(fits.error());
  std::string methods;
  for (const auto& method : settings_.methods) methods.append(methods.empty() ? "" : ", ").append(method);
  if (fits.error().code == FaultCode::wrong_method) response.headers.push_back({"Allow", methods});
  return response;
}

namespace {

// The message of a multipart body, else all of it.
Result<Bytes> message_of(net::HttpRequest& request, const std::string& part) {
  const auto type = find_header(request.headers, "Content-Type");
  if (!media_type(type).starts_with("multipart/")) return Bytes(std::move(request.body));
  const auto parts = read_multipart(type, request.body);
  if (!parts) return fail(Fault(parts.error()));
  const auto found = message_part(*parts, part);
  if (!found) return fail(Fault(found.error()));
  return Bytes(std::string(found->content));
}

// Who it was, and of the head of the request what formulas of the channel name.
std::string facts_of(const net::HttpRequest& request, const std::optional<Credentials>& auth, const Intake& intake) {
  std::string facts;
  const auto add = [&facts](std::string_view name, std::string_view value) {
    if (!value.empty()) add_fact(facts, name, value);
  };
  add("user", auth && !auth->user.empty() ? auth->user : request.certified_name);
  constexpr std::string_view kHeader = "header.", kQuery = "query.";
  for (const auto& name : intake.named_facts()) {
    const std::string_view whole(name);
    if (whole.starts_with(kHeader)) add(name, find_header(request.headers, whole.substr(kHeader.size())));
    if (!whole.starts_with(kQuery)) continue;
    if (const auto found = request.query.find(whole.substr(kQuery.size())); found != request.query.end())
      add(name, found->second);
  }
  return facts;
}

}  // namespace

Task<net::HttpResponse> HttpSource::take(Intake* intake, net::HttpRequest request) {
  if (auto refused = refuse(*intake, request)) co_return std::move(*refused);
  if (request.method == "GET") {
    auto telling = tell(intake, parse_status_path(request.path)->ticket);
    co_return co_await telling;
  }
  auto message = message_of(request, settings_.part);
  if (!message) {
    intake->report(Incident{message.error(), request.peer, Bytes(std::move(request.body))});
    co_return refusal(message.error());
  }
  const Bytes bytes(std::move(*message));
  if (settings_.reply == Reply::ack && hl7::begins_batch(bytes.view())) {
    auto taking = take_batch(intake, std::move(request), bytes);
    co_return co_await taking;
  }
  Received received;
  received.bytes = bytes;
  received.peer = request.peer;
  received.facts = facts_of(request, settings_.auth, *intake);
  received.asks = settings_.reply == Reply::ack;  // who reads a status page has our 202 already
  auto receipt = co_await intake->accept(std::move(received));
  if (receipt.received_at == WallTime()) receipt.received_at = loop_.wall();
  const auto id = receipt.known_as().value != 0 ? receipt.known_as() : ids_.next(loop_.wall());
  co_return answer(request, bytes.view(), receipt, settings_.reply, id);
}

// Each message is taken or refused for itself, and all are answered in one batch. A batch that is not whole is refused
// as one, before anything of it is taken. From the first on that the engine cannot take now all are refused alike, and
// the status says so whatever was stored before it: who reads no more than the status must send all of it again.
Task<net::HttpResponse> HttpSource::take_batch(Intake* intake, net::HttpRequest request, Bytes bytes) {
  const auto file = hl7::split_batch(bytes.view());
  const auto incomplete = hl7::check_batch(file);
  if (incomplete) intake->report(Incident{*incomplete, request.peer, bytes});
  const auto came_with = facts_of(request, settings_.auth, *intake);
  std::vector<std::string> acks;
  bool any_taken = false;
  std::optional<Fault> first;
  std::optional<Receipt> not_kept;
  for (const auto& batch : file.batches) {
    for (const auto message : batch.messages) {
      Receipt receipt;
      receipt.fault = incomplete;
      if (not_kept) {
        receipt = *not_kept;
      } else if (!incomplete) {
        Received received;
        received.bytes = Bytes(std::string(message));
        received.peer = request.peer;
        received.batch = hl7::headers_of(file, batch);
        received.facts = came_with;
        receipt = co_await intake->accept(std::move(received));
        if (!is_kept(receipt)) not_kept = receipt;
      }
      if (receipt.received_at == WallTime()) receipt.received_at = loop_.wall();
      any_taken = any_taken || receipt.kind != Receipt::Kind::refused;
      if (!first) first = receipt.fault;
      acks.push_back(acknowledgement(message, receipt,
                                     receipt.known_as().value != 0 ? receipt.known_as() : ids_.next(loop_.wall())));
    }
  }
  const auto id = to_string(ids_.next(loop_.wall()));
  hl7::BatchAckFacts facts;
  facts.id = id;
  facts.when = loop_.wall();
  if (incomplete) facts.comment = entry(incomplete->code).title;
  if (any_taken) first.reset();
  if (not_kept) first = not_kept->fault;
  co_return batch_answer(request, hl7::make_batch_ack(file, acks, facts), first);
}

Task<net::HttpResponse> HttpSource::tell(Intake* intake, std::string ticket) {
  auto progress = co_await intake->progress(std::move(ticket));
  if (progress) co_return status_page(*progress);
  const bool unknown = progress.error().code == FaultCode::not_found;
  Fault fault = std::move(progress.error());
  if (unknown) fault = Fault{FaultCode::no_such_page, "no message has this status page, or not any more", {}, {}};
  co_return refusal(fault);
}

}  // namespace myelin::http
