// `alerts:` of a channel and of a route: when a person is told, how loudly, and through which connection beside log and
// status.
#include <algorithm>

#include "routes/compile/route_part.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::Type;
using Kind = AlertRule::Kind;

constexpr std::string_view kForm = "a row is what it looks at, and what follows: - { oldest: 5m, severity: critical }";

Severity severity_of(std::string_view word) {
  return word == "info" ? Severity::info : word == "critical" ? Severity::critical : Severity::warning;
}

void connect(AlertRule& rule, const config::Options& options, const Surroundings& around, Alerting& made,
             RoutesPart& part, config::Diagnostics& diagnostics) {
  const auto& notify = options.node("notify");
  if (!notify) return;
  if (notify.is_scalar()) part.used_connections.insert(notify.text());
  const auto connection = find_connection(notify, "notify", around.connections, around.adapters, diagnostics);
  if (!connection) return;
  const auto& kind = *connection->kind;
  const bool hands_over = kind.feeds && !kind.feeds(connection->options).empty();
  if (hands_over || (kind.numbers && kind.numbers(connection->options))) {
    diagnostics.add("C0175", notify.place(),
                    hands_over ? "an alert is no delivery that could be handed to a channel"
                               : "an alert has no sequence number, and this connection numbers what it sends",
                    "a connection of kind http, file or mllp");
    return;
  }
  auto factory = connection->kind->make_destination(connection->options);
  if (!factory) return report_fault(factory.error(), *connection, diagnostics);
  rule.notify = connection->name;
  // A technology that has no texts of its own carries HL7 alone.
  made.notify.insert_or_assign(rule.notify, Notified{std::move(*factory), kind.templates == nullptr});
}

// Nothing: a mistake, or `never`, which takes the kind out.
std::optional<AlertRule> read_row(const Node& row, std::vector<Kind>& spoken_of, const Surroundings& around,
                                  Alerting& made, RoutesPart& part, config::Diagnostics& diagnostics) {
  if (!row.is_map()) {
    diagnostics.add("C0175", row.place(), "this is no alert", std::string(kForm));
    return std::nullopt;
  }
  const auto options = config::read_options(alert_spec(), row, diagnostics);
  constexpr std::array<std::pair<std::string_view, Kind>, 3> kKinds = {
      {{"oldest", Kind::oldest}, {"parked", Kind::parked}, {"held", Kind::held}}};
  AlertRule rule;
  std::string word;
  int named = 0;
  for (const auto& [name, kind] : kKinds) {
    if (!options.given(name)) continue;
    ++named;
    rule.kind = kind;
    word = options.text(name);
  }
  if (named != 1) {
    diagnostics.add("C0175", row.place(), "an alert looks at one of oldest, parked and held", std::string(kForm));
    return std::nullopt;
  }
  spoken_of.push_back(rule.kind);
  rule.severity = severity_of(options.text("severity"));
  connect(rule, options, around, made, part, diagnostics);
  if (word == "never") return std::nullopt;
  if (rule.kind != Kind::oldest) return rule;
  const auto age = config::parse_duration(word);
  if (age && *age >= seconds(1) && *age <= hours(24 * 365)) {
    rule.oldest = *age;
    return rule;
  }
  diagnostics.add("C0175", options.place("oldest"), "`oldest` is a time from 1s to 365d, or never", std::string(kForm));
  return std::nullopt;
}

}  // namespace

const config::Spec& alert_spec() {
  static const config::Spec kSpec{
      .name = "alerts",
      .doc = "one row for each thing that a person is told of",
      .options =
          {
              {.name = "oldest",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "the oldest message of the route that is not finished is older than this; or never",
               .example = "5m"},
              {.name = "parked",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc = "each message that is parked; or never",
               .example = "each",
               .choices = {"each", "never"}},
              {.name = "held",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc = "each message that is held; or never",
               .example = "each",
               .choices = {"each", "never"}},
              {.name = "severity",
               .type = Type::choice,
               .fallback = "warning",
               .required = false,
               .doc = "how loudly",
               .example = "critical",
               .choices = {"info", "warning", "critical"}},
              {.name = "notify",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "a connection that is told when it begins and when it is over, beside log, counter and status: a "
                      "JSON text (http, file), or NMD^N02 (mllp)",
               .example = "on-call"},
          },
      .example = "oldest: 5m\nseverity: critical",
  };
  return kSpec;
}

Alerting read_alerts(const Node& node, Alerting usual, const Surroundings& around, RoutesPart& part,
                     config::Diagnostics& diagnostics) {
  if (!node) return usual;
  if (!node.is_list()) {
    diagnostics.add("C0175", node.place(), "`alerts` is a list", std::string(kForm));
    return usual;
  }
  Alerting made;
  made.notify = std::move(usual.notify);
  std::vector<Kind> spoken_of;
  for (const auto& row : node.items())
    if (auto rule = read_row(row, spoken_of, around, made, part, diagnostics)) made.rules.push_back(std::move(*rule));
  for (const auto& rule : usual.rules)
    if (std::ranges::find(spoken_of, rule.kind) == spoken_of.end()) made.rules.push_back(rule);
  return made;
}

}  // namespace myelin::routes
