#include "engine/base/event.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <memory>

#include "engine/base/unheard.h"

namespace myelin {
namespace {

struct KindEntry {
  EventKind kind;
  std::string_view name;
  spdlog::level::level_enum level;
};

using enum EventKind;
constexpr auto kKinds = std::to_array<KindEntry>({
    {engine_ready, "engine_ready", spdlog::level::info},
    {engine_stopping, "engine_stopping", spdlog::level::info},
    {engine_stopped, "engine_stopped", spdlog::level::info},
    {store_opened, "store_opened", spdlog::level::info},
    {store_failed, "store_failed", spdlog::level::critical},
    {disk_reserve, "disk_reserve", spdlog::level::err},
    {disk_resumed, "disk_resumed", spdlog::level::warn},
    {channel_started, "channel_started", spdlog::level::info},
    {channel_stopped, "channel_stopped", spdlog::level::info},
    {channel_failed, "channel_failed", spdlog::level::err},
    {reload_applied, "reload_applied", spdlog::level::info},
    {reload_refused, "reload_refused", spdlog::level::err},
    {peer_connected, "peer_connected", spdlog::level::debug},
    {peer_closed, "peer_closed", spdlog::level::debug},
    {peer_refused, "peer_refused", spdlog::level::warn},
    {peer_unframed, "peer_unframed", spdlog::level::warn},
    {message_refused, "message_refused", spdlog::level::warn},
    {message_stored, "message_stored", spdlog::level::debug},
    {message_duplicate, "message_duplicate", spdlog::level::warn},
    {message_id_reused, "message_id_reused", spdlog::level::warn},
    {delivery_retry, "delivery_retry", spdlog::level::warn},
    {delivery_parked, "delivery_parked", spdlog::level::err},
    {delivery_possible_duplicate, "delivery_possible_duplicate", spdlog::level::warn},
    {lane_held, "lane_held", spdlog::level::err},
    {lane_released, "lane_released", spdlog::level::warn},
    {destination_down, "destination_down", spdlog::level::err},
    {destination_up, "destination_up", spdlog::level::info},
    {operator_action, "operator_action", spdlog::level::warn},
    {restart_in_doubt, "restart_in_doubt", spdlog::level::warn},
    {source_down, "source_down", spdlog::level::err},
    {source_up, "source_up", spdlog::level::info},
    {messages_purged, "messages_purged", spdlog::level::info},
    {alert_raised, "alert_raised", spdlog::level::err},
    {alert_cleared, "alert_cleared", spdlog::level::info},
    {lane_stalled, "lane_stalled", spdlog::level::err},
    {search_rebuilding, "search_rebuilding", spdlog::level::warn},
    {store_backed_up, "store_backed_up", spdlog::level::info},
    {history_failed, "history_failed", spdlog::level::err},
});

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (static_cast<std::size_t>(kKinds[i].kind) != i) return false;
  return kKinds.size() == static_cast<std::size_t>(history_failed) + 1;
}
static_assert(in_enum_order(), "kKinds must list every EventKind once, in the order of the enum");

constexpr std::array<std::string_view, 17> kLabels = {"channel",  "route", "lane",    "peer",   "fault",   "message",
                                                      "delivery", "count", "attempt", "bytes",  "ms",      "file",
                                                      "user",     "verb",  "state",   "reason", "incident"};

std::array<std::atomic<std::int64_t>, kKinds.size()> counters{};

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("myelin", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

void append_value(std::string& line, std::string_view text) {
  const bool plain = text.find_first_of(" \"=\n\r\t") == std::string_view::npos && !text.empty();
  if (plain) {
    line.append(text);
    return;
  }
  line.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') line.push_back('\\');
    line.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  line.push_back('"');
}

thread_local int unheard = 0;

}  // namespace

Unheard::Unheard() { ++unheard; }
Unheard::~Unheard() { --unheard; }

void emit(EventKind kind, std::initializer_list<EventField> fields) {
  if (unheard > 0) return;
  const auto index = static_cast<std::size_t>(kind);
  counters[index].fetch_add(1, std::memory_order_relaxed);
  if (!logger().should_log(kKinds[index].level)) return;
  std::string line(kKinds[index].name);
  for (const auto& field : fields) {
    line.append(" ").append(kLabels[static_cast<std::size_t>(field.label)]).append("=");
    if (const auto* number = std::get_if<std::int64_t>(&field.value)) line.append(std::to_string(*number));
    else append_value(line, std::get<std::string_view>(field.value));
  }
  logger().log(kKinds[index].level, "{}", line);
}

std::vector<EventCount> event_counts() {
  std::vector<EventCount> all;
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    all.push_back({kKinds[i].name, counters[i].load(std::memory_order_relaxed)});
  return all;
}

bool set_log_level(std::string_view level) {
  if (level == "error") logger().set_level(spdlog::level::err);
  else if (level == "warn") logger().set_level(spdlog::level::warn);
  else if (level == "info") logger().set_level(spdlog::level::info);
  else if (level == "debug") logger().set_level(spdlog::level::debug);
  else if (level == "off") logger().set_level(spdlog::level::off);
  else return false;
  return true;
}

}  // namespace myelin
