// What a peer's HTTP response says of the message that was sent. Pure. The lane's reply table decides what follows.
#pragma once

#include <optional>
#include <string_view>

#include "engine/model/outcome.h"
#include "engine/net/http.h"

namespace myelin::http {

// 2xx: accepted. 408, 429 and 5xx: refused, peer_not_ready, with Retry-After. All else, redirects too: refused for
// good. An HL7 acknowledgement in the body that says AE, AR, CE or CR makes it refused with that code; one that is for
// another message makes a 2xx unknown. `control_id` is the MSH-10 that was sent; empty when the message has none.
Outcome outcome_of(const net::HttpResponse& response, std::string_view control_id, WallTime now);

// Seconds, or a date as HTTP writes it (RFC 9110, 10.2.3); nothing when it is neither, zero when it is past.
std::optional<Duration> parse_retry_after(std::string_view field, WallTime now);

}  // namespace myelin::http
