// What waits on each lane, and which of them a person stopped.
#include <algorithm>
#include <limits>
#include <map>
#include <tuple>

#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {

Result<Counts> Queries::counts() {
  Counts counts;
  counts.messages = published_->messages.load();
  counts.filtered = published_->filtered.load();
  counts.refused = published_->refused.load();
  auto lanes = unfinished();
  if (!lanes) return fail(lanes);
  counts.lanes = std::move(*lanes);
  return counts;
}

// Counted here, row by row: a GROUP BY sorts all of them, which takes three times as long when a million wait.
Result<std::vector<LaneCount>> Queries::unfinished() {
  struct Waiting {
    std::int64_t count = 0;
    std::int64_t first = std::numeric_limits<std::int64_t>::max();  // a delivery
  };
  const auto low_water = published_->low_water.load();
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  std::map<std::pair<std::int64_t, std::int64_t>, Waiting> all;  // by lane and state
  {
    lanes_of_unfinished_.bind(1, low_water);
    Rows rows(lanes_of_unfinished_);
    for (;;) {
      auto row = rows.next();
      if (!row) return fail(row);
      if (!*row) break;
      auto& waiting = all[{rows->number(0), rows->number(1)}];
      ++waiting.count;
      waiting.first = std::min(waiting.first, rows->number(2));
    }
  }
  std::vector<LaneCount> found;
  for (const auto& [key, waiting] : all) {
    lane_of_first_.bind(1, key.first).bind(2, waiting.first / kDeliveriesPerMessage);
    Rows rows(lane_of_first_);
    auto row = rows.next();
    if (!row) return fail(row);
    if (*row)
      found.push_back(
          LaneCount{LaneKey{rows->text(0), rows->text(1), {}}, loaded(key.second), waiting.count, rows->time(2)});
  }
  std::ranges::sort(found, {}, [](const LaneCount& each) {
    return std::tuple(each.lane.channel, each.lane.route, stored(each.state));
  });
  return found;
}

Result<std::vector<LaneStop>> Queries::stopped_lanes() {
  Rows rows(stops_);
  std::vector<LaneStop> found;
  for (;;) {
    auto row = rows.next();
    if (!row) return fail(row);
    if (!*row) return found;
    found.push_back(
        LaneStop{LaneKey{rows->text(0), rows->text(1), rows->text(2)}, rows->time(3), rows->text(4), rows->text(5)});
  }
}

}  // namespace myelin::sqlite
