// Event: one thing that happened, said once, from which the log line and the counter both come.
// A field is a number or a name from the configuration (channel, route, peer address, fault id, message id): the
// field's key is from the closed list below, so that no patient data can find its way in.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace myelin {

enum class EventKind : std::uint8_t {
  engine_ready,
  engine_stopping,
  engine_stopped,
  store_opened,
  store_failed,
  disk_reserve,
  disk_resumed,
  channel_started,
  channel_stopped,
  channel_failed,
  reload_applied,
  reload_refused,
  peer_connected,
  peer_closed,
  peer_refused,
  peer_unframed,
  message_refused,
  message_stored,
  message_duplicate,
  message_id_reused,
  delivery_retry,
  delivery_parked,
  delivery_possible_duplicate,
  lane_held,
  lane_released,
  destination_down,
  destination_up,
  operator_action,
  restart_in_doubt,
  source_down,
  source_up,
  messages_purged,
  alert_raised,
  alert_cleared,
  lane_stalled,
  search_rebuilding,
  store_backed_up,
  history_failed,
};

enum class Label : std::uint8_t {
  channel,
  route,
  lane,
  peer,
  fault,
  message,
  delivery,
  count,
  attempt,
  bytes,
  ms,
  file,
  user,
  verb,
  state,
  reason,
  incident
};

struct EventField {
  Label label;
  std::variant<std::int64_t, std::string_view> value;
};

// Writes one line (logfmt) through spdlog to standard error, and adds one to the kind's counter. Thread-safe.
void emit(EventKind kind, std::initializer_list<EventField> fields = {});

struct EventCount {
  std::string_view name;
  std::int64_t count;
};
// How often each kind has happened in this process.
std::vector<EventCount> event_counts();

// "error", "warn", "info" or "debug" ("off" in rehearsals): what is written; counters count all. Default "info".
bool set_log_level(std::string_view level);

}  // namespace myelin
