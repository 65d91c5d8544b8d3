// What waits on each lane, and which of them a person stopped.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <tuple>

#include "engine/store/sqlite/queries.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/snapshot.h"

namespace myelin::sqlite {
namespace {

// Of ids of deliveries: those of a second of receipts at first, and no fewer than those of a millisecond.
constexpr auto kLeastSpan = std::int64_t{4096} * kDeliveriesPerMessage;
constexpr auto kFirstSpan = 1000 * kLeastSpan, kMostSpan = std::int64_t{1} << 56;

}  // namespace

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

// Over the deliveries above `after`, in pieces of their ids, each a snapshot of its own: what one old delivery of a
// dead peer keeps above the low water may be millions of finished ones, and one long look at them would be given up for
// the log's sake again and again. `read(after, last)` says whether it wants more; a piece that was given up is made
// smaller.
template <class Read>
Result<void> Queries::walk(std::int64_t after, const Read& read) {
  auto newest = one_number(newest_delivery_);
  if (!newest) return fail(newest);
  for (auto span = kFirstSpan; after < newest->value_or(0);) {
    const auto from = std::max(after, published_->low_water.load() - 1);
    const auto last = from > **newest - span ? **newest : from + span;
    const auto began = std::chrono::steady_clock::now();
    Snapshot snapshot(*this);
    if (!snapshot.begun()) return fail(snapshot.begun());
    Result<bool> wants_more = read(after, last);
    const bool given_up = !wants_more && wants_more.error().code == FaultCode::overloaded;
    if (!wants_more && (!given_up || span < kLeastSpan)) return fail(wants_more);
    const auto took = std::chrono::steady_clock::now() - began;
    if (given_up || took > patience_ / 10) span = std::max(span / 16, kLeastSpan / 2);
    else if (took < patience_ / 40) span = std::min(span * 4, kMostSpan);
    if (given_up) continue;
    if (!*wants_more) return {};
    after = last;
  }
  return {};
}

// The first column of the first row, where there is one.
Result<std::optional<std::int64_t>> Queries::one_number(Statement& statement) {
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  Rows rows(statement);
  auto row = rows.next();
  if (!row) return fail(row);
  return *row ? std::optional(rows->number(0)) : std::nullopt;
}

// Waits for its turn, or is held: in the order of the lane.
Result<std::vector<Delivery>> Queries::waiting(const LaneKey& lane, DeliveryId after, int limit) {
  lane_id_.bind_text(1, lane.channel).bind_text(2, lane.route);
  auto id = one_number(lane_id_);
  if (!id) return fail(id);
  std::vector<Delivery> found;
  const auto wanted = static_cast<std::size_t>(std::max(limit, 0));
  if (!*id || wanted == 0) return found;
  auto walked = walk(after.value, [&](std::int64_t above, std::int64_t last) -> Result<bool> {
    waiting_.bind(1, above).bind(2, published_->low_water.load()).bind(3, **id);
    waiting_.bind(4, static_cast<std::int64_t>(wanted - found.size())).bind(5, last);
    auto rows = deliveries(waiting_);
    if (!rows) return fail(rows);
    std::ranges::move(*rows, std::back_inserter(found));
    return found.size() < wanted;
  });
  if (!walked) return fail(walked);
  return found;
}

// Counted here, row by row: a GROUP BY sorts all of them, which takes three times as long when a million wait.
Result<std::vector<LaneCount>> Queries::unfinished() {
  struct Waiting {
    std::int64_t count = 0;
    std::int64_t first = std::numeric_limits<std::int64_t>::max();  // a delivery
  };
  std::map<std::pair<std::int64_t, std::int64_t>, Waiting> all;  // by lane and state
  const auto count = [&all](Statement& statement) -> Result<void> {
    std::map<std::pair<std::int64_t, std::int64_t>, Waiting> piece;  // of one that is given up nothing counts
    auto read = each_row(statement, [&piece](const Statement& row) {
      auto& waiting = piece[{row.number(0), row.number(1)}];
      ++waiting.count;
      waiting.first = std::min(waiting.first, row.number(2));
    });
    if (!read) return read;
    for (const auto& [key, waiting] : piece) {
      auto& total = all[key];
      total.count += waiting.count;
      total.first = std::min(total.first, waiting.first);
    }
    return {};
  };
  auto of_peer = walk(0, [&](std::int64_t above, std::int64_t last) -> Result<bool> {
    lanes_of_peer_.bind(1, above).bind(2, published_->low_water.load()).bind(3, last);
    if (auto counted = count(lanes_of_peer_); !counted) return fail(counted);
    return true;
  });
  if (!of_peer) return fail(of_peer);
  Snapshot snapshot(*this);
  if (!snapshot.begun()) return fail(snapshot.begun());
  if (auto of_person = count(lanes_of_person_); !of_person) return fail(of_person);
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
