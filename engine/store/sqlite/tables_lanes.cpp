// Lanes as rows: by channel and route, stopped and started, in doubt, handed on to the name that a route has now.
#include "engine/base/crypto.h"
#include "engine/store/sqlite/schema.h"
#include "engine/store/sqlite/tables.h"

namespace myelin::sqlite {
namespace {

constexpr std::size_t kLanesCached = 65536;

}  // namespace

std::size_t Tables::LaneHash::operator()(const LaneKey& key) const {
  constexpr std::hash<std::string> hash;
  return hash(key.channel) * 31 + hash(key.route) * 17;
}

Result<std::int64_t> Tables::lane_id(const LaneKey& key) {
  if (const auto known = lanes_.find(key); known != lanes_.end()) return known->second;
  find_lane_.bind_text(1, key.channel).bind_text(2, key.route);
  Rows rows(find_lane_);
  auto row = rows.next();
  if (!row) return fail(row);
  std::int64_t id = *row ? rows->number(0) : 0;
  if (!*row) {
    insert_lane_.bind_text(1, key.channel).bind_text(2, key.route);
    if (auto inserted = insert_lane_.run(); !inserted) return fail(inserted);
    id = sqlite3_last_insert_rowid(database_.handle());
  }
  if (lanes_.size() >= kLanesCached) lanes_.clear();
  lanes_.emplace(key, id);
  return id;
}

Result<void> Tables::apply_one(const LaneStop& stop) {
  auto lane = lane_id(stop.lane);
  if (!lane) return fail(lane);
  put_stop_.bind(1, *lane).bind_text(2, stop.lane.key).bind(3, stop.since);
  return put_stop_.bind_text(4, stop.reason).bind_text(5, stop.by).execute();
}

Result<void> Tables::apply_one(const StartLane& start) {
  auto lane = lane_id(start.lane);
  if (!lane) return fail(lane);
  return delete_stop_.bind(1, *lane).bind_text(2, start.lane.key).execute();
}

Result<void> Tables::doubt_lanes() {
  return database_.execute("INSERT INTO lane_doubt SELECT lane,max(id) FROM delivery WHERE id>=" +
                           std::to_string(working_.low_water) + " AND state=" + std::to_string(stored(State::queued)) +
                           " GROUP BY lane ON CONFLICT(lane) DO UPDATE SET up_to=excluded.up_to");
}

Result<void> Tables::apply_one(const Doubt& doubt) {
  for (const auto& row : doubt.rows) {
    auto marked = doubt_.bind(1, row.id.value).run();
    if (!marked) return fail(marked);
    if (*marked == 0 || !row.rendered) continue;
    const auto digest = sha256(row.rendered->view());
    keep_rendered_.bind(1, row.id.value).bind_text(2, row.plan_hash).bind_digest(3, digest);
    if (auto put = keep_rendered_.bind_blob(4, row.rendered->view()).run(); !put) return fail(put);
    has_rendered_ = true;
  }
  return {};
}

Result<void> Tables::apply_one(const EndDoubt& end) {
  auto lane = lane_id(end.lane);
  if (!lane) return fail(lane);
  return database_.execute("DELETE FROM lane_doubt WHERE lane=" + std::to_string(*lane));
}

// Rare, and never on the way of a message, so its statements are made when they are needed.
Result<void> Tables::apply_one(const Adopt& adopt) {
  auto from = lane_id(adopt.from);
  if (!from) return fail(from);
  auto to = lane_id(adopt.to);
  if (!to) return fail(to);
  const auto renamed = " SET lane=" + std::to_string(*to) + " WHERE lane=" + std::to_string(*from);
  const auto above = " AND id>=" + std::to_string(working_.low_water);
  auto done = database_.execute("UPDATE delivery" + renamed + above + " AND state IN (" + state_list(waits_for_peer) +
                                "); UPDATE delivery" + renamed + " AND state IN (" + state_list(waits_for_person) +
                                "); UPDATE OR REPLACE lane_stop" + renamed + "; INSERT INTO lane_doubt SELECT " +
                                std::to_string(*to) + ",up_to FROM lane_doubt WHERE lane=" + std::to_string(*from) +
                                " ON CONFLICT(lane) DO UPDATE SET up_to=max(up_to,excluded.up_to); DELETE FROM "
                                "lane_doubt WHERE lane=" +
                                std::to_string(*from));
  return done;
}

}  // namespace myelin::sqlite
