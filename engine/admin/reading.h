// What the routes of the API share: reading a request strictly, and answering.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "engine/fhir/json.h"
#include "engine/net/http.h"

namespace myelin::admin {

net::HttpResponse respond(int status, const json::Value& body);
// The body as a JSON object that has no member but these, each a string.
Result<json::Value> read_members(const net::HttpRequest& request, std::initializer_list<std::string_view> known);
Result<std::string> read_reason(const json::Value& body);

}  // namespace myelin::admin
