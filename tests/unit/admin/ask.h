// One request to the API, as a person's tool makes it, on a virtual loop.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "engine/admin/api.h"
#include "engine/base/virtual_loop.h"

namespace myelin::admin {

inline Task<void> keep_response(Api& api, net::HttpRequest request, std::optional<net::HttpResponse>& into) {
  auto response = co_await api.handle(std::move(request));
  into = std::move(response);
}

inline net::HttpResponse ask(Api& api, VirtualLoop& loop, std::string method, std::string target, std::string body) {
  net::HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.peer = "uid:1000";
  EXPECT_TRUE(net::split_target(request));
  std::optional<net::HttpResponse> response;
  spawn(keep_response(api, std::move(request), response));
  loop.run_ready();
  EXPECT_TRUE(response);
  return response.value_or(net::HttpResponse{});
}

}  // namespace myelin::admin
