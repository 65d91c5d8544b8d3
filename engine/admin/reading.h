// What the routes of the API share: reading a request strictly, and answering.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/fhir/json.h"
#include "engine/net/http.h"

namespace myelin::admin {

net::HttpResponse respond(int status, const json::Value& body);
// bad_request for a parameter that this path does not have.
Result<void> check_query(const net::HttpRequest& request, std::initializer_list<std::string_view> known);
// Empty where it is not there.
std::string parameter(const net::HttpRequest& request, std::string_view name);
// `limit`, else `otherwise`; from 1 to kMostListed.
Result<int> read_limit(const net::HttpRequest& request, int otherwise);
// Milliseconds since 1970, of the parameter or member `name`; empty is no time.
Result<WallTime> read_time(const std::string& text, std::string_view name);
// The body as a JSON object that has no member but these, each a string.
Result<json::Value> read_members(const net::HttpRequest& request, std::initializer_list<std::string_view> known);
Result<std::string> read_reason(const json::Value& body);

}  // namespace myelin::admin
