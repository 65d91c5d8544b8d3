#include "adapters/http/status.h"

#include <fmt/chrono.h>

#include "engine/fhir/json.h"

namespace myelin::http {
namespace {

constexpr std::string_view kBetween = "/status/";

std::string iso_time(WallTime time) {
  const auto whole = std::chrono::floor<seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", whole, std::chrono::floor<milliseconds>(time - whole).count());
}

}  // namespace

std::string status_target(const net::HttpRequest& request, std::string_view ticket) {
  std::string target = request.target.substr(0, request.target.find_first_of("?#"));
  while (target.ends_with('/')) target.pop_back();
  return target.append(kBetween).append(ticket);
}

std::optional<StatusPath> parse_status_path(std::string_view path) {
  const auto found = path.rfind(kBetween);
  if (found == std::string_view::npos) return std::nullopt;
  const auto ticket = path.substr(found + kBetween.size());
  if (ticket.empty() || ticket.find('/') != std::string_view::npos) return std::nullopt;
  return StatusPath{found == 0 ? "/" : std::string(path.substr(0, found)), std::string(ticket)};
}

net::HttpResponse status_page(const Progress& progress) {
  json::Array deliveries;
  for (const auto& leg : progress.legs) {
    json::Value delivery;
    delivery.set("route", leg.route).set("state", name_of(leg.state)).set("attempts", leg.attempts);
    if (!leg.fault.empty()) delivery.set("fault", leg.fault);
    if (const auto* known = find_fault(leg.fault)) delivery.set("title", known->title);
    deliveries.push_back(std::move(delivery));
  }
  json::Value page;
  page.set("id", to_string(progress.id)).set("received_at", iso_time(progress.received_at));
  page.set("state", summary(progress)).set("deliveries", std::move(deliveries));
  net::HttpResponse response;
  response.content_type = "application/json";
  response.headers.push_back({"Cache-Control", "no-store"});
  response.body = json::write(page) + "\n";
  return response;
}

}  // namespace myelin::http
