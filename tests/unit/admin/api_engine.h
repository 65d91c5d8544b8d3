// The API against an engine of a few lambdas, which remembers what it is asked.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "engine/admin/api.h"
#include "engine/base/event.h"
#include "engine/base/virtual_loop.h"
#include "tests/unit/admin/ask.h"

namespace myelin::admin {

inline const MessageId kMessage{7'000'000};
inline const DeliveryId kDelivery = DeliveryId::of(kMessage, 1);

template <class T>
Task<T> give(T value) {
  co_return std::move(value);
}

struct Asked {
  std::string verb;
  DeliveryId delivery;
  LaneKey lane;
  runtime::Person person;
};

// Remembers what it was asked, and answers `answer` to every change.
class Engine {
 public:
  Operations operations() {
    Operations all;
    all.view = [this] { return give(channels); };
    all.counts = [this] { return give(Result<Counts>(counts)); };
    all.list = [this](QueueFilter filter) {
      filtered = filter;
      return give(Result<std::vector<Delivery>>(trace.deliveries));
    };
    all.trace = [this](MessageId id) {
      const bool known = id == kMessage;
      return give(known ? Result<Trace>(trace) : fail(FaultCode::not_found, "there is no message"));
    };
    all.sent = [this](DeliveryId id) {
      const bool kept = id == kDelivery && !sent.empty();
      return give(Result<std::optional<Bytes>>(kept ? std::optional(Bytes(sent)) : std::nullopt));
    };
    all.retry = on_delivery("retry");
    all.hold = on_delivery("hold");
    all.release = on_delivery("release");
    all.park = on_delivery("park");
    all.discard = on_delivery("discard");
    all.hold_lane = on_lane("hold");
    all.release_lane = on_lane("release");
    all.reload = [this](const runtime::Person&) { return give(reloaded); };
    all.rollback = [this](int number, runtime::Person person) {
      asked.push_back({"rollback " + std::to_string(number), {}, {}, std::move(person)});
      return give(reloaded);
    };
    all.waits = [this](const std::vector<Delivery>& rows) {
      return give(std::vector<std::optional<runtime::Waits>>(rows.size(), waits));
    };
    all.stops = [this] { return give(Result<std::vector<LaneStop>>(stops)); };
    all.search = [this](const SearchQuery& query) {
      searched = query;
      return give(Result<SearchPage>(found));
    };
    all.disk_room = [this] { return disk; };
    all.ready = [this] { return not_ready ? Result<void>(fail(*not_ready)) : Result<void>(); };
    all.person = [](const std::string& peer) { return peer + " anna"; };
    return all;
  }

  Operations::OnDelivery on_delivery(std::string verb) {
    return [this, verb](DeliveryId id, runtime::Person person) {
      asked.push_back({verb, id, {}, std::move(person)});
      return give(answer);
    };
  }
  Operations::OnLane on_lane(std::string verb) {
    return [this, verb](LaneKey lane, runtime::Person person) {
      asked.push_back({verb, {}, std::move(lane), std::move(person)});
      return give(answer);
    };
  }

  std::vector<runtime::ChannelView> channels;
  Counts counts;
  Trace trace;
  SearchPage found;
  SearchQuery searched;
  std::string sent;  // kept of kDelivery
  ReloadResult reloaded;
  std::optional<runtime::Waits> waits;
  std::vector<LaneStop> stops{{LaneKey{"adt", "lab", ""}, {}, "maintenance", "bert"}};
  DiskRoom disk;
  Result<void> answer;
  std::optional<Fault> not_ready;
  std::vector<Asked> asked;
  QueueFilter filtered;
};

class AdminApi : public testing::Test {
 protected:
  AdminApi() : api_(loop_, engine_.operations()) {
    runtime::ChannelView adt;
    adt.name = "adt";
    adt.state = "running";
    adt.received = 12;
    runtime::LaneView lane;
    lane.lane = LaneKey{"adt", "lab", ""};
    adt.lanes.push_back(lane);
    engine_.channels.push_back(adt);
    auto& message = engine_.trace.message;
    message.id = kMessage;
    message.channel = "adt";
    message.type = "ADT^A01";
    message.bytes = Bytes("MSH|secret");
    Delivery delivery;
    delivery.id = kDelivery;
    delivery.lane = lane.lane;
    delivery.state = State::parked;
    delivery.fault = "M0404";
    engine_.trace.deliveries.push_back(delivery);
    engine_.trace.attempts.push_back({kDelivery, 1, WallTime(seconds(5)), "M0404", "answered AE"});
  }

  net::HttpResponse ask(std::string method, std::string target, std::string body = {}) {
    return admin::ask(api_, loop_, std::move(method), std::move(target), std::move(body));
  }
  json::Value get(std::string target) {
    const auto response = ask("GET", std::move(target));
    EXPECT_EQ(response.status, 200) << response.body;
    return json::read(response.body).value_or(json::Value());
  }
  std::string refused(const net::HttpResponse& response) {
    return json::read(response.body).value_or(json::Value())["error"]["code"].text_or("");
  }

  VirtualLoop loop_{WallTime(seconds(1'700'000'000))};
  Engine engine_;
  Api api_;
  const std::string deliveries_ = "/api/v1/deliveries/" + to_string(kDelivery) + "/";
};

}  // namespace myelin::admin
