#include "engine/runtime/alerts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/base/event.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kSourceIdentifier = 30;  // NST-2

std::string_view name_of_kind(AlertRule::Kind kind) {
  return kind == AlertRule::Kind::oldest ? "oldest" : kind == AlertRule::Kind::parked ? "parked" : "held";
}

bool concerns(AlertRule::Kind kind, State state) {
  if (kind == AlertRule::Kind::parked) return state == State::parked;
  if (kind == AlertRule::Kind::held) return state == State::held;
  // What awaits a reply has its own time, and is parked after that.
  return state == State::queued || state == State::sending || state == State::held;
}

}  // namespace

void Alerts::use(const std::vector<std::shared_ptr<const Plan>>& plans) {
  watched_.clear();
  for (const auto& plan : plans) {
    watched_[{plan->channel, ""}] = Watched{plan->alerts, plan->notify, nullptr};
    for (const auto& route : plan->routes)
      watched_[{plan->channel, route.name}] = Watched{route.alerts, route.notify, route.open};
  }
}

Task<void> Alerts::run(std::stop_token stop) {
  TaskGroup beside(loop_);
  beside.spawn(tell_all(stop));
  Wakeup pause(loop_);
  const std::stop_callback ended(stop, [this, &pause] {
    pause.notify();
    untold_some_.notify();
  });
  while (!stop.stop_requested()) {
    co_await pause.wait_for(kEvery);
    if (!stop.stop_requested()) co_await look();
  }
  co_await beside.join();
}

Task<void> Alerts::look() {
  const auto counts = co_await store_.counts(loop_);
  if (!counts) co_return;  // the store says so itself
  std::map<Key, AlertView> standing;
  std::map<std::pair<std::string, std::string>, std::vector<LaneCount>> by_route;
  for (const auto& count : counts->lanes) by_route[{count.lane.channel, count.lane.route}].push_back(count);
  const Watched usual{Route().alerts, {}, nullptr};
  for (const auto& [name, rows] : by_route) {
    // Each recipient of a route is watched by its own name. Not there: a reload removed it, and a queue is left.
    const auto known = watched_.find(name);
    judge(LaneKey{name.first, name.second, {}}, known == watched_.end() ? usual : known->second, rows, standing);
  }
  for (auto& [key, alert] : standing) {
    const auto before = standing_.find(key);
    const bool fresh = before == standing_.end();
    // Each that is parked or held is told of; a queue that is late is late once.
    const bool more = !fresh && alert.rule.kind != AlertRule::Kind::oldest && alert.count > before->second.count;
    if (!fresh) alert.since = before->second.since;
    if (!fresh && !more) continue;
    say(EventKind::alert_raised, alert);
    tell(alert, "raised");
  }
  for (const auto& [key, alert] : standing_) {
    if (standing.contains(key)) continue;
    say(EventKind::alert_cleared, alert);
    tell(alert, "cleared");
  }
  standing_ = std::move(standing);
}

void Alerts::judge(const LaneKey& lane, const Watched& watched, const std::vector<LaneCount>& counts,
                   std::map<Key, AlertView>& standing) {
  for (const auto& rule : watched.rules) {
    AlertView alert{lane.channel, lane.route, rule, loop_.wall(), 0, loop_.wall()};
    for (const auto& row : counts) {
      if (!concerns(rule.kind, row.state) || row.count == 0) continue;
      alert.count += row.count;
      alert.oldest = std::min(alert.oldest, row.oldest);
    }
    // Nobody is woken because a peer is closed at night, nor in the moment in which it opens.
    Duration age = loop_.wall() - alert.oldest;
    if (watched.open) age = std::min(age, watched.open->open_for(loop_.wall()));
    const bool late = rule.kind != AlertRule::Kind::oldest || age > rule.oldest;
    if (alert.count == 0 || !late) continue;
    standing.emplace(Key(lane.channel, lane.route, rule.kind, rule.oldest), std::move(alert));
  }
}

void Alerts::say(EventKind kind, const AlertView& alert) {
  const auto age = std::chrono::duration_cast<milliseconds>(loop_.wall() - alert.oldest).count();
  emit(kind, {{Label::channel, std::string_view(alert.channel)},
              {Label::route, std::string_view(alert.route)},
              {Label::state, name_of(alert.rule.severity)},
              {Label::reason, name_of_kind(alert.rule.kind)},
              {Label::count, alert.count},
              {Label::ms, static_cast<std::int64_t>(age)}});
}

// Names come from the configuration, where they have no quotes; nothing of a message is in it.
void Alerts::tell(const AlertView& alert, std::string_view state) {
  const auto watched = watched_.find({alert.channel, alert.route});
  if (watched == watched_.end() || alert.rule.notify.empty()) return;
  const auto to = watched->second.notify.find(alert.rule.notify);
  if (to == watched->second.notify.end()) return;
  const auto seconds_old = std::chrono::duration_cast<seconds>(loop_.wall() - alert.oldest).count();
  const auto since = std::chrono::floor<seconds>(alert.since).time_since_epoch().count();
  auto text =
      to->second.speaks_hl7
          ? message_of(alert, state, seconds_old)
          : fmt::format(
                R"({{"alert":"{}","state":"{}","severity":"{}","channel":"{}","route":"{}","count":{},"oldest_s":{},"since":{}}})",
                name_of_kind(alert.rule.kind), state, name_of(alert.rule.severity), alert.channel, alert.route,
                alert.count, seconds_old, since);
  untold_.push_back({to->second.connect, Bytes(std::move(text))});
  if (untold_.size() > kUntold) untold_.pop_front();
  untold_some_.notify();
}

// For a peer that takes HL7 v2 alone: application management data (chapter 14), the sentence in a note.
std::string Alerts::message_of(const AlertView& alert, std::string_view state, std::int64_t seconds_old) {
  const auto now = loop_.wall();
  return fmt::format(
      "MSH|^~\\&|MYELIN|{}|||{:%Y%m%d%H%M%S}+0000||NMD^N02^NMD_N02|{}|P|2.5.1\r"
      "NST|N|{}\r"
      "NTE|1|P|{} {}: channel {}, route {}: {}, {}, the oldest {} s old\r",
      alert.channel, std::chrono::floor<seconds>(now), to_string(ids_.next(now)),
      (alert.channel + "/" + alert.route).substr(0, kSourceIdentifier), state, name_of(alert.rule.severity),
      alert.channel, alert.route, name_of_kind(alert.rule.kind), counted(alert.count, "message"), seconds_old);
}

Task<void> Alerts::tell_all(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (untold_.empty()) {
      co_await untold_some_.wait();
      continue;
    }
    const auto notice = untold_.front();
    const auto destination = notice.to(loop_);
    Outbound outbound;
    outbound.bytes = notice.text;
    const auto outcome = co_await destination->send(outbound);
    destination->close();
    if (outcome.kind == Outcome::Kind::accepted || outcome.kind == Outcome::Kind::refused) {
      if (!untold_.empty()) untold_.pop_front();
      continue;
    }
    co_await untold_some_.wait_for(kTellAgain);
  }
}

std::vector<AlertView> Alerts::view() const {
  std::vector<AlertView> all;
  for (const auto& [key, alert] : standing_) all.push_back(alert);
  return all;
}

}  // namespace myelin::runtime
