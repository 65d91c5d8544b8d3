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
  lanes_of_unfinished_.bind(1, low_water);
  auto read = each_row(lanes_of_unfinished_, [&](const Statement& row) {
    auto& waiting = all[{row.number(0), row.number(1)}];
    ++waiting.count;
    waiting.first = std::min(waiting.first, row.number(2));
  });
  if (!read) return fail(read);
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
  return rows_of(stops_, [](const Statement& row) {
    return LaneStop{LaneKey{row.text(0), row.text(1), row.text(2)}, row.time(3), row.text(4), row.text(5)};
  });
}

}  // namespace myelin::sqlite
