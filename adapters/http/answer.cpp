#include "adapters/http/answer.h"

#include <algorithm>
#include <cstdlib>

#include "adapters/http/status.h"
#include "engine/fhir/json.h"
#include "engine/hl7/ack.h"

namespace myelin::http {
namespace {

constexpr std::string_view kComeAgain = "5";  // seconds, of Retry-After

bool fits(std::string_view path, std::string_view allowed) {
  if (!allowed.ends_with("/*")) return path == allowed;
  const auto above = allowed.substr(0, allowed.size() - 1);
  return path.starts_with(above) && path.size() > above.size();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
  return text;
}

Result<void> check_content(const net::HttpRequest& request, const SourceSettings& settings) {
  const auto encoding = find_header(request.headers, "Content-Encoding");
  if (!encoding.empty() && encoding != "identity")
    return fail(FaultCode::content_type_not_taken, "a compressed body (Content-Encoding) is not taken");
  const auto field = find_header(request.headers, "Content-Type");
  if (field.empty()) return {};  // nothing false was said
  const auto type = media_type(field);
  const bool listed = std::ranges::any_of(settings.content_types,
                                          [&](const std::string& taken) { return taken == "*/*" || taken == type; });
  if (listed) return {};
  return fail(FaultCode::content_type_not_taken, "the source takes " + joined(settings.content_types));
}

net::HttpResponse json(int status, const json::Value& value) {
  net::HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = json::write(value) + "\n";
  return response;
}

}  // namespace

std::string media_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  std::string lower(type);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

Result<void> check_head(const net::HttpRequest& request, const SourceSettings& settings) {
  const auto page =
      settings.reply == Reply::status && request.method == "GET" ? parse_status_path(request.path) : std::nullopt;
  const auto& path = page ? page->source : request.path;
  const auto fitting = [&](const std::string& allowed) { return fits(path, allowed); };
  if (std::ranges::none_of(settings.paths, fitting))
    return fail(FaultCode::no_such_page, "the source serves " + joined(settings.paths));
  if (page) return {};
  if (std::ranges::find(settings.methods, request.method) == settings.methods.end())
    return fail(FaultCode::wrong_method, "the source takes " + joined(settings.methods));
  return check_content(request, settings);
}

net::HttpResponse refusal(const Fault& fault) {
  const auto& known = entry(fault.code);
  json::Value body;
  body.set("fault", known.id).set("name", known.name).set("title", known.title);
  if (!fault.detail.empty()) body.set("detail", fault.detail);
  if (!fault.at.empty()) body.set("at", fault.at);
  auto response = json(known.http_status, body);
  if (known.http_status == 503 || known.http_status == 507)
    response.headers.push_back({"Retry-After", std::string(kComeAgain)});
  return response;
}

namespace {

std::string lower_type_of(const net::HttpRequest& request) {
  return media_type(find_header(request.headers, "Content-Type"));
}

bool is_hl7_type(const std::string& type) { return type.find("hl7-v2") != std::string::npos || type == "text/plain"; }

// The peer's own answer. An acknowledgement is 200, whatever it says: it is the answer. Of another body the peer's
// status goes with it.
net::HttpResponse relayed(const net::HttpRequest& request, const Receipt& receipt) {
  const auto body = receipt.answer->view();
  const auto type = lower_type_of(request);
  net::HttpResponse response;
  const bool hl7 = hl7::read_header(body).has_value();
  const bool known = is_hl7_type(type);
  if (!hl7 && receipt.code.size() == 3) response.status = std::atoi(receipt.code.c_str());
  const auto first = body.substr(0, body.find_first_not_of(" \t\r\n") + 1);
  if (hl7) response.content_type = known ? type : "application/hl7-v2";
  else if (first.ends_with('{') || first.ends_with('[')) response.content_type = "application/json";
  else if (first.ends_with('<')) response.content_type = "application/xml";
  else response.content_type = "text/plain";
  response.body = std::string(body);
  return response;
}

std::string make_ack(std::string_view message, const Receipt& receipt, MessageId id) {
  const bool good = receipt.good();
  const bool taken = receipt.kind != Receipt::Kind::refused;
  const Fault unnamed{FaultCode::store_failed, {}, {}, {}};
  const Fault& fault = receipt.fault ? *receipt.fault : unnamed;
  const auto name = to_string(id);
  hl7::AckFacts facts;
  facts.code = good ? std::string_view("AA") : taken ? std::string_view(receipt.code) : entry(fault.code).ack;
  facts.id = name;
  facts.when = receipt.received_at;
  facts.fault = good ? nullptr : &fault;
  auto made = hl7::make_ack(message, facts);
  return receipt.shape ? std::string(receipt.shape(Bytes(std::move(made))).view()) : made;
}

}  // namespace

net::HttpResponse answer(const net::HttpRequest& request, std::string_view message, const Receipt& receipt, Reply reply,
                         MessageId id) {
  if (receipt.answer) return relayed(request, receipt);
  const bool good = receipt.good();
  const Fault unnamed{FaultCode::store_failed, {}, {}, {}};
  const Fault& fault = receipt.fault ? *receipt.fault : unnamed;
  const auto type = lower_type_of(request);
  const bool hl7 = is_hl7_type(type);
  const auto header = hl7::read_header(message);
  const bool is_ack = receipt.is_answer || (header && header->is_ack());  // an acknowledgement is never acknowledged
  const bool other = !header && !hl7 && !type.empty();
  if (reply == Reply::status || is_ack || other) {
    if (!good) return refusal(fault);
    json::Value body;
    body.set("id", to_string(receipt.id)).set("duplicate", receipt.kind == Receipt::Kind::duplicate);
    if (reply != Reply::status) return json(other ? 200 : 202, body);
    const auto target = status_target(request, receipt.ticket);
    auto response = json(202, body.set("status", target));
    response.headers.push_back({"Location", target});
    return response;
  }
  auto response = good ? net::HttpResponse() : refusal(fault);
  response.content_type = hl7 ? type : "application/hl7-v2";
  response.body = make_ack(message, receipt, id);
  return response;
}

std::string acknowledgement(std::string_view message, const Receipt& receipt, MessageId id) {
  const auto header = hl7::read_header(message);
  return header && header->is_ack() ? std::string() : make_ack(message, receipt, id);
}

net::HttpResponse batch_answer(const net::HttpRequest& request, std::string acknowledgements,
                               const std::optional<Fault>& refused) {
  auto response = refused ? refusal(*refused) : net::HttpResponse();
  const auto type = lower_type_of(request);
  response.content_type = is_hl7_type(type) ? type : "application/hl7-v2";
  response.body = std::move(acknowledgements);
  return response;
}

}  // namespace myelin::http
