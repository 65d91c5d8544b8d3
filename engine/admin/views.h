// How the API shows what the engine holds: pure functions from its values to JSON. Times are UTC, ISO 8601 with
// milliseconds; what is not there is null. Limits: lanes of one channel.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/admin/operations.h"
#include "engine/fhir/json.h"

namespace myelin::admin {

inline constexpr std::size_t kMostLanes = 200;  // shown per channel, the troubled and the longest first

enum class Content : std::uint8_t { left_out, shown };

// "2026-03-01T09:30:00.250Z"
std::string timestamp(WallTime time);
std::string base64(std::string_view bytes);

// {"code":"M0509","name":…,"title":…,"detail":…,"explanation":…}
json::Value fault_view(const Fault& fault);

struct EngineFacts {
  std::string version;
  WallTime started_at;
  WallTime now;
  Duration uptime;
};
json::Value status_view(const EngineFacts& engine, const std::vector<runtime::ChannelView>& channels,
                        const Counts& counts, const DiskRoom& disk = {});
// What is kept, of each channel, and what has gone since the start.
json::Value retention_view(const std::vector<Kept>& kept, const runtime::PurgeView& purges);
json::Value search_view(const SearchPage& page);
// `limit`: of the page; a full one has a next.
json::Value incidents_view(const std::vector<KeptIncident>& page, int limit);
json::Value incident_view(const KeptIncident& kept, Content content);
json::Value alerts_view(const std::vector<runtime::AlertView>& alerts);
// One object for each channel that runs, and for each that does not but still has deliveries (state "removed").
json::Array channel_views(const std::vector<runtime::ChannelView>& channels, const Counts& counts);
json::Value delivery_view(const Delivery& delivery, const std::optional<runtime::Waits>& waits = std::nullopt);
// "behind 01K2Z9Q7M4X.0, which is held", and the same with its parts; `lane` is that of the delivery that waits.
std::string waits_text(const runtime::Waits& waits, const LaneKey& lane);
json::Value waits_view(const runtime::Waits& waits, const LaneKey& lane);
// What was sent, of deliveries whose bytes are stored: those of `keep`, and those that are to be repeated.
using SentBytes = std::map<DeliveryId, Bytes>;
// `waits`: of each of its deliveries.
using Waiting = std::vector<std::optional<runtime::Waits>>;
json::Value trace_view(const Trace& trace, Content content, const SentBytes& sent = {}, const Waiting& waits = {});
// {"number":12,"hash":…,"at":…,"by":…,"how":"reload","started":[…],"changed":[…],"removed":[…]}
json::Value configuration_view(const LiveConfiguration& one);
json::Value reload_view(const ReloadResult& result);

}  // namespace myelin::admin
