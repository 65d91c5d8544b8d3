// One fifo lane to one peer, and the messages that wait in it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/lane.h"
#include "tests/unit/runtime/scripted.h"

namespace myelin::runtime {

struct LaneTest : testing::Test {
  Peer lab;
  World world;  // last: it drains into the peers when it ends

  void start(LanePolicy policy = {}, Steps steps = {}, const std::string& hash = "one") {
    auto plan = make_plan(hash);
    plan->routes.push_back(route_to("lab", lab));
    plan->routes.back().lane = std::move(policy);
    plan->routes.back().steps = std::move(steps);
    world.apply(plan);
  }
  std::vector<DeliveryId> send(int from, int to) {
    std::vector<DeliveryId> ids;
    for (int n = from; n <= to; ++n) ids.push_back(DeliveryId::of(world.send(adt(std::to_string(n))).id, 0));
    return ids;
  }
  static std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> ids;
    for (int n = from; n <= to; ++n) ids.push_back(std::to_string(n));
    return ids;
  }
  LaneKey key() const { return LaneKey{"adt", "lab", ""}; }
  LaneView view() { return world.run(world.host->view()).at(0).lanes.at(0); }
};

}  // namespace myelin::runtime
