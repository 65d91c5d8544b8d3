#include "routes/compile/hours.h"

#include <algorithm>
#include <charconv>

namespace myelin::routes {
namespace {

constexpr int kDay = 24 * 60;  // minutes
constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kWeek = 7 * kDaySeconds;
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

std::int64_t second_of(WallTime time) { return std::chrono::floor<seconds>(time.time_since_epoch()).count(); }

// The days of a zone, counted since 1970-01-01.
class Calendar {
 public:
  explicit Calendar(const hl7::Zone& zone) : zone_(&zone) {}

  static bool is_on(const HoursRow& row, std::int64_t day) {
    return row.days[static_cast<std::size_t>(((day + 4) % 7 + 7) % 7)];  // 1970 began on a Thursday
  }
  std::int64_t day_of(std::int64_t instant) const {
    const auto local = instant + std::int64_t{zone_->offset_at(instant)} * 60;
    return local / kDaySeconds - (local % kDaySeconds < 0 ? 1 : 0);
  }
  // What is missing in spring is as late after the hour before it as ever: 02:30 is 03:30 of that day.
  std::int64_t at(std::int64_t day, int minutes_of_day) const {
    const auto local = day * kDaySeconds + std::int64_t{minutes_of_day} * 60;
    if (const auto offset = zone_->offset_of_local(local)) return local - std::int64_t{*offset} * 60;
    return local - std::int64_t{zone_->offset_at(local - kDaySeconds)} * 60;
  }

 private:
  const hl7::Zone* zone_;
};

class Hours final : public OpeningHours {
 public:
  Hours(const hl7::Zone& zone, std::vector<HoursRow> rows) : calendar_(zone), rows_(std::move(rows)) {}

  Duration until_open(WallTime now) const override {
    const auto instant = second_of(now);
    const auto today = calendar_.day_of(instant);
    auto wait = kDaySeconds;
    bool any = false;
    for (auto day = today - 1; day <= today + 8; ++day)
      for (const auto& row : rows_) {
        if (!Calendar::is_on(row, day)) continue;
        const auto from = calendar_.at(day, row.from), until = calendar_.at(day, row.until);
        if (instant >= until) continue;
        if (instant >= from) return Duration::zero();
        wait = any ? std::min(wait, from - instant) : from - instant;
        any = true;
      }
    return seconds(wait);
  }

  Duration open_for(WallTime now) const override {
    const auto instant = second_of(now);
    auto since = instant;
    while (instant - since < kWeek) {
      const auto earlier = begin_of(since, since < instant);
      if (earlier >= since) break;
      since = earlier;
    }
    return seconds(std::min(instant - since, kWeek));
  }

 private:
  // When the row began in which `instant` lies, or, `at_its_end`, that ends there; `instant` itself when there is none.
  std::int64_t begin_of(std::int64_t instant, bool at_its_end) const {
    auto begin = instant;
    const auto today = calendar_.day_of(instant);
    for (auto day = today - 2; day <= today; ++day)
      for (const auto& row : rows_) {
        if (!Calendar::is_on(row, day)) continue;
        const auto from = calendar_.at(day, row.from), until = calendar_.at(day, row.until);
        if (from < begin && (instant < until || (at_its_end && instant == until))) begin = from;
      }
    return begin;
  }

  Calendar calendar_;
  std::vector<HoursRow> rows_;
};

class Times final : public TimesOfDay {
 public:
  Times(const hl7::Zone& zone, std::vector<HoursRow> rows) : calendar_(zone), rows_(std::move(rows)) {}

  WallTime next_after(WallTime time) const override {
    const auto instant = second_of(time);
    const auto today = calendar_.day_of(instant);
    std::int64_t next = INT64_MAX;
    for (auto day = today; day <= today + 8; ++day)
      for (const auto& row : rows_) {
        if (!Calendar::is_on(row, day)) continue;
        if (const auto at = calendar_.at(day, row.from); at > instant) next = std::min(next, at);
      }
    return WallTime(seconds(next == INT64_MAX ? instant + kDaySeconds : next));
  }

 private:
  Calendar calendar_;
  std::vector<HoursRow> rows_;
};

// "07:30"; -1: it is none.
int minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return -1;
  int hour = -1, minute = -1;
  const auto* data = text.data();
  const auto a = std::from_chars(data, data + 2, hour), b = std::from_chars(data + 3, data + 5, minute);
  if (a.ptr != data + 2 || b.ptr != data + 5 || minute < 0 || minute > 59) return -1;
  const int all = hour * 60 + minute;
  return hour < 0 || all > kDay ? -1 : all;
}

// "mon", "mon-fri", "sat-mon".
bool read_days(std::string_view text, HoursRow& row) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto first = std::ranges::find(kDays, text.substr(0, dash));
  const auto last = dash == text.size() ? first : std::ranges::find(kDays, text.substr(dash + 1));
  if (first == kDays.end() || last == kDays.end()) return false;
  for (auto day = static_cast<std::size_t>(first - kDays.begin());; day = (day + 1) % 7) {
    row.days[day] = true;
    if (kDays[day] == *last) return true;
  }
}

// The days before a blank, or all; what follows is left in `text`.
std::optional<HoursRow> begin_row(std::string_view& text) {
  HoursRow row;
  const auto blank = text.find(' ');
  row.days.fill(blank == std::string_view::npos);
  if (blank == std::string_view::npos) return row;
  if (!read_days(text.substr(0, blank), row)) return std::nullopt;
  text.remove_prefix(blank + 1);
  return row;
}

}  // namespace

std::optional<HoursRow> read_hours(std::string_view text) {
  auto row = begin_row(text);
  if (!row || text.size() != 11 || text[5] != '-') return std::nullopt;
  row->from = minutes_of(text.substr(0, 5));
  row->until = minutes_of(text.substr(6));
  if (row->from < 0 || row->until < 0 || row->from == row->until) return std::nullopt;
  if (row->until < row->from) row->until += kDay;
  return row;
}

std::optional<HoursRow> read_time_of_day(std::string_view text) {
  auto row = begin_row(text);
  if (!row) return std::nullopt;
  row->from = row->until = minutes_of(text);
  if (row->from < 0 || row->from >= kDay) return std::nullopt;
  return row;
}

std::shared_ptr<const OpeningHours> opening_hours(const hl7::Zone& zone, std::vector<HoursRow> rows) {
  return std::make_shared<Hours>(zone, std::move(rows));
}

std::shared_ptr<const TimesOfDay> times_of_day(const hl7::Zone& zone, std::vector<HoursRow> rows) {
  return std::make_shared<Times>(zone, std::move(rows));
}

}  // namespace myelin::routes
