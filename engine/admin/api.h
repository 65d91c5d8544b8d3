// The HTTP + JSON API, /api/v1, as one table of routes. Sockets, users and the console are added around it, never
// beside it: whatever a person can do to the engine goes through handle(), and each change is one operator_action.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admin/operations.h"
#include "engine/fhir/json.h"
#include "engine/net/http.h"

namespace myelin::admin {

inline constexpr std::size_t kLongestReason = 500;  // bytes of `reason`
inline constexpr int kMostListed = 1000;            // deliveries of one page

struct RouteDoc {
  std::string_view method;
  std::string_view pattern;  // "/api/v1/messages/{id}"
  std::string_view doc;
};
std::vector<RouteDoc> route_docs();

// A fault as a response: the table's status, {"error":{…}}.
net::HttpResponse refusal(const Fault& fault);

class Api {
 public:
  Api(Loop& loop, Operations operations);

  // REQUIRES path, query and peer of the request to be filled in (net::serve_http does).
  Task<net::HttpResponse> handle(net::HttpRequest request);

 private:
  struct Call {
    net::HttpRequest request;
    std::vector<std::string> captured;  // what stood at each {} of the pattern
    runtime::Person person;             // its reason is filled in by those handlers that need one
  };
  using Answer = Task<net::HttpResponse>;
  struct Entry {
    std::string_view method, pattern, doc;
    Answer (Api::*run)(Call);
  };
  friend std::vector<RouteDoc> route_docs();
  static std::span<const Entry> table();

  Answer routes(Call call);
  Answer status(Call call);
  Answer live(Call call);
  Answer started(Call call);
  Answer ready(Call call);
  Answer channel(Call call);
  Answer queue(Call call);
  Answer message(Call call);
  Answer search(Call call);
  Answer replay(Call call);
  Answer incidents(Call call);
  Answer incident(Call call);
  Answer give_again(Call call);
  Answer backup(Call call);
  Answer retry(Call call);
  Answer hold(Call call);
  Answer release(Call call);
  Answer park(Call call);
  Answer discard(Call call);
  Answer hold_lane(Call call);
  Answer release_lane(Call call);
  Answer reload(Call call);
  Answer configurations(Call call);
  Answer configuration(Call call);
  Answer rollback(Call call);

  Answer change_delivery(std::string_view verb, const Operations::OnDelivery& change, Call call);
  Answer change_lane(std::string_view verb, const Operations::OnLane& change, Call call);

  // not_found where no such channel runs or has anything stored.
  Task<Result<void>> check_stored(std::string channel);

  // A retry or a release that would send nothing is refused: its route is gone, or nothing is held there. wrong_state.
  Task<Result<void>> check_goes(DeliveryId id);
  Task<Result<void>> check_goes(LaneKey lane);

  // Why each of these does not go now, said by the lanes that have them.
  Task<std::vector<std::optional<runtime::Waits>>> why(std::vector<Delivery> deliveries);

  // not_found where nothing runs or waits under these names (an empty route: any). A hold is a durable row, which a
  // misspelt name must not make; an empty queue of a misspelt channel is no good news.
  Task<Result<void>> check_known(std::string channel, std::string route);

  Loop& loop_;
  Operations operations_;
  WallTime started_at_;
  MonoTime started_;
};

}  // namespace myelin::admin
