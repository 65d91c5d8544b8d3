// When a route may send beside its order: `priority` (which of its lanes goes first), `open` (the peer's hours),
// `after` (another route has delivered the message), and `answers` (where the peer's answer goes).
#include <algorithm>
#include <array>
#include <charconv>

#include "engine/hl7/zone.h"
#include "routes/compile/route_part.h"
#include "routes/expr/compiled.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;

void no_such_priority(const std::string& word, const config::Place& place, config::Diagnostics& diagnostics) {
  const auto near = config::nearest(word, kPriorityNames);
  diagnostics.add("C0182", place, "there is no priority '" + word + "'",
                  (near.empty() ? std::string() : "did you mean " + std::string(near) + "? ") +
                      "critical, high, normal, low, or a formula that gives one of them");
}

class PriorityOfFormula final : public PriorityReader {
 public:
  explicit PriorityOfFormula(std::shared_ptr<const expr::Formula> formula) : formula_(std::move(formula)) {}
  Priority priority(const Body& body, const Context& context) const override {
    return parse_priority(expr::to_text(formula_->evaluate(body, context))).value_or(Priority::normal);
  }

 private:
  std::shared_ptr<const expr::Formula> formula_;
};

class OnePriority final : public PriorityReader {
 public:
  explicit OnePriority(Priority priority) : priority_(priority) {}
  Priority priority(const Body&, const Context&) const override { return priority_; }

 private:
  Priority priority_;
};

// The words that a formula can give: as far as they are written out, each is a priority.
void check_words(const expr::Expression& e, const Node& node, config::Diagnostics& diagnostics) {
  if (e.kind == expr::Expression::Kind::literal) {
    const auto* word = e.literal.text();
    if (word && !parse_priority(*word)) no_such_priority(*word, node.place_of(e.offset + 1, e.length), diagnostics);
  } else if (e.kind == expr::Expression::Kind::call && (e.text == "if" || e.text == "coalesce")) {
    for (std::size_t at = e.text == "if" ? 1 : 0; at < e.children.size(); ++at)
      check_words(e.children[at], node, diagnostics);
  }
}

constexpr int kDay = 24 * 60;  // minutes
constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

// One row of `open:`. `until` is above kDay where it ends after midnight.
struct Window {
  std::array<bool, 7> days{};
  int from = 0, until = kDay;
};

class Hours final : public OpeningHours {
 public:
  Hours(const hl7::Zone& zone, std::vector<Window> windows) : zone_(zone), windows_(std::move(windows)) {}

  Duration until_open(WallTime now) const override {
    const auto instant = std::chrono::floor<seconds>(now.time_since_epoch()).count();
    const auto today = day_of(instant);
    std::int64_t wait = INT64_MAX;
    for (std::int64_t day = today - 1; day <= today + 8; ++day)
      for (const auto& window : windows_) {
        if (!is_on(window, day)) continue;
        const auto from = at(day, window.from), until = at(day, window.until);
        if (instant >= until) continue;
        if (instant >= from) return Duration::zero();
        wait = std::min(wait, from - instant);
      }
    return wait == INT64_MAX ? Duration(hours(24)) : Duration(seconds(wait));
  }

  // Windows may overlap and follow each other at once.
  Duration open_for(WallTime now) const override {
    const auto instant = std::chrono::floor<seconds>(now.time_since_epoch()).count();
    const auto week_ago = instant - std::int64_t{7} * 86'400;
    auto since = instant;
    for (bool longer = true; longer && since > week_ago;) {
      longer = false;
      for (std::int64_t day = day_of(since) - 2; day <= day_of(since); ++day)
        for (const auto& window : windows_) {
          const auto from = is_on(window, day) ? at(day, window.from) : since;
          // At `now` itself it must be open, before that it is enough that one ends where the next begins.
          const auto until = is_on(window, day) ? at(day, window.until) + (since < instant ? 1 : 0) : since;
          if (from >= since || since >= until) continue;
          since = from;
          longer = true;
        }
    }
    return seconds(instant - std::max(since, week_ago));
  }

 private:
  static bool is_on(const Window& window, std::int64_t day) {
    return window.days[static_cast<std::size_t>(((day + 4) % 7 + 7) % 7)];  // 1970 began on a Thursday
  }
  std::int64_t day_of(std::int64_t instant) const {
    const auto local = instant + std::int64_t{zone_.offset_at(instant)} * 60;
    return local / 86'400 - (local % 86'400 < 0 ? 1 : 0);
  }
  // What is missing in spring is as late after the hour before it as ever: 02:30 is 03:30 of that day.
  std::int64_t at(std::int64_t day, int minutes_of_day) const {
    const auto local = day * 86'400 + std::int64_t{minutes_of_day} * 60;
    if (const auto offset = zone_.offset_of_local(local)) return local - std::int64_t{*offset} * 60;
    return local - std::int64_t{zone_.offset_at(local - 86'400)} * 60;
  }

  const hl7::Zone& zone_;
  std::vector<Window> windows_;
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
bool read_days(std::string_view text, Window& window) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto first = std::ranges::find(kDays, text.substr(0, dash));
  const auto last = dash == text.size() ? first : std::ranges::find(kDays, text.substr(dash + 1));
  if (first == kDays.end() || last == kDays.end()) return false;
  for (auto day = static_cast<std::size_t>(first - kDays.begin());; day = (day + 1) % 7) {
    window.days[day] = true;
    if (kDays[day] == *last) return true;
  }
}

// "07:00-19:00", "mon-fri 07:00-19:00", "22:00-06:00".
std::optional<Window> read_window(std::string_view text) {
  Window window;
  window.days.fill(true);
  if (const auto blank = text.find(' '); blank != std::string_view::npos) {
    window.days.fill(false);
    if (!read_days(text.substr(0, blank), window)) return std::nullopt;
    text.remove_prefix(blank + 1);
  }
  if (text.size() != 11 || text[5] != '-') return std::nullopt;
  window.from = minutes_of(text.substr(0, 5));
  window.until = minutes_of(text.substr(6));
  if (window.from < 0 || window.until < 0 || window.from == window.until) return std::nullopt;
  if (window.until < window.from) window.until += kDay;
  return window;
}

}  // namespace

std::shared_ptr<const PriorityReader> read_priority(const Node& node, const Route& route, Workshop& workshop) {
  if (!node) return nullptr;
  auto& diagnostics = workshop.diagnostics;
  if (route.lane.order == OrderKind::fifo)
    diagnostics.add("C0182", node.place(), "this route sends in the order of arrival, so nothing can go first",
                    "order: { by: PATH }, where priority chooses between the keys, or order: none");
  const auto text = node.is_scalar() ? node.text() : std::string();
  if (!text.starts_with('=')) {
    const auto priority = parse_priority(text);
    if (!priority) no_such_priority(text, node.place(), diagnostics);
    return std::make_shared<OnePriority>(priority.value_or(Priority::normal));
  }
  auto formula =
      expr::compile_part(node, 1, std::string::npos, workshop.scope, diagnostics, expr::Use::decides);
  if (!formula) return nullptr;
  check_words(formula->root(), node, diagnostics);
  return std::make_shared<PriorityOfFormula>(std::move(formula));
}

std::shared_ptr<const OpeningHours> read_open(const Node& node, Workshop& workshop) {
  if (!node) return nullptr;
  auto& diagnostics = workshop.diagnostics;
  std::vector<Window> windows;
  const auto one = [&](const Node& item) {
    const auto window = item.is_scalar() ? read_window(item.text()) : std::nullopt;
    if (window) windows.push_back(*window);
    else
      diagnostics.add("C0183", item.place(), "these are no hours",
                      "\"07:00-19:00\", \"mon-fri 07:00-19:00\", or \"22:00-06:00\" over midnight");
  };
  if (node.is_list())
    for (const auto& item : node.items()) one(item);
  else one(node);
  if (!workshop.scope.zone) {
    diagnostics.add("C0102", node.place(), "nothing says in which zone these hours are meant",
                    "say `zone:` on the channel");
    return nullptr;
  }
  if (windows.empty()) return nullptr;
  return std::make_shared<Hours>(*workshop.scope.zone, std::move(windows));
}

void check_after(const std::vector<Route>& routes, const std::vector<std::string>& names,
                 const std::map<std::string, config::Place>& places, config::Diagnostics& diagnostics) {
  const auto find = [&](const std::string& name) { return std::ranges::find(routes, name, &Route::name); };
  for (const auto& route : routes) {
    if (route.after.empty()) continue;
    // A recipient's lane is called after its route: "results:lab".
    const auto found = places.find(route.name.substr(0, route.name.find(':')));
    if (found == places.end()) continue;
    const auto& place = found->second;
    if (std::ranges::find(names, route.after) == names.end()) {
      const std::vector<std::string_view> legal(names.begin(), names.end());
      diagnostics.add("C0143", place, "the channel has no route '" + route.after + "'",
                      suggestion(route.after, legal, "it has"));
      continue;
    }
    std::size_t steps = 0;
    auto next = find(route.after);
    while (next != routes.end() && next->name != route.name && !next->after.empty() && ++steps <= routes.size())
      next = find(next->after);
    if (next != routes.end() && next->name == route.name)
      diagnostics.add("C0184", place, "route " + route.name + " waits for itself", "let one of them go first");
  }
}

const config::Spec& answers_spec() {
  static const config::Spec kSpec{
      .name = "answers",
      .doc = "where the peer's answers go",
      .options = {{.name = "channel",
                   .type = config::Type::name,
                   .fallback = {},
                   .required = true,
                   .doc = "the channel that gets each answer with which a message was delivered, as a message of its "
                          "own, in the same commit",
                   .example = "order-answers"}},
      .example = "channel: order-answers",
  };
  return kSpec;
}

}  // namespace myelin::routes
