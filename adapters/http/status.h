// The page where the sender of a message learns what became of it: `Location` of a 202, below the path that was posted
// to, so that whatever leads requests to the source leads these there too. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/model/progress.h"
#include "engine/net/http.h"

namespace myelin::http {

// "/orders/status/01K2Z9Q7M4X-…" for a request to "/orders?x=1". As on the wire.
std::string status_target(const net::HttpRequest& request, std::string_view ticket);

struct StatusPath {
  std::string source;  // "/orders"
  std::string ticket;
};
// Nothing when the path is none of a status page.
std::optional<StatusPath> parse_status_path(std::string_view path);

// { "id", "received_at", "state", "deliveries": [ { "route", "state", "attempts", "fault", "title" } ] }
net::HttpResponse status_page(const Progress& progress);

}  // namespace myelin::http
