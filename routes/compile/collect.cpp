// `collect:` of a route: what waits together goes together, as one file or one request.
#include <algorithm>

#include "routes/compile/hours.h"
#include "routes/compile/route_part.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::Type;
using Form = CollectPolicy::Form;

struct FormEntry {
  std::string_view word;
  Form form;
  BodyKind of;  // `bytes`: text of whatever kind
};
constexpr std::array<FormEntry, 6> kForms = {{{"file", Form::file, BodyKind::hl7},
                                              {"batch", Form::batch, BodyKind::hl7},
                                              {"messages", Form::messages, BodyKind::hl7},
                                              {"lines", Form::lines, BodyKind::bytes},
                                              {"csv", Form::csv, BodyKind::bytes},
                                              {"array", Form::array, BodyKind::json}}};

// By what the steps end in.
Form usual_form(BodyKind body) {
  if (body == BodyKind::hl7) return Form::file;
  return body == BodyKind::json ? Form::array : Form::lines;
}

Form read_form(const config::Options& options, Workshop& workshop) {
  const auto body = workshop.scope.body;
  if (!options.given("as")) return usual_form(body);
  const auto& entry = *std::ranges::find(kForms, options.text("as"), &FormEntry::word);
  const bool fits = entry.of == body || (entry.of == BodyKind::bytes && body != BodyKind::hl7);
  if (!fits)
    workshop.diagnostics.add(
        "C0185", options.place("as"),
        "`as: " + std::string(entry.word) + "` does not fit: the body is " + std::string(name_of(body)) + " here",
        "file, batch and messages are of HL7, array is of JSON, lines and csv of other text");
  return entry.form;
}

std::shared_ptr<const TimesOfDay> read_times(const Node& node, Workshop& workshop) {
  if (!node) return nullptr;
  auto& diagnostics = workshop.diagnostics;
  std::vector<HoursRow> rows;
  const auto one = [&](const Node& item) {
    const auto row = item.is_scalar() ? read_time_of_day(item.text()) : std::nullopt;
    if (row) rows.push_back(*row);
    else diagnostics.add("C0185", item.place(), "this is no time of the day", "\"02:00\", or \"mon-fri 17:30\"");
  };
  if (node.is_list())
    for (const auto& item : node.items()) one(item);
  else one(node);
  if (!workshop.scope.zone) {
    diagnostics.add("C0102", node.place(), "nothing says in which zone this time is meant",
                    "say `zone:` on the channel");
    return nullptr;
  }
  return rows.empty() ? nullptr : times_of_day(*workshop.scope.zone, std::move(rows));
}

// A batch is sent in the order of arrival, and its peer's one answer settles all of it.
void check_company(const config::Options& options, const Route& route, config::Diagnostics& diagnostics) {
  if (route.lane.order != OrderKind::fifo)
    diagnostics.add("C0185", options.place("order"), "a route that collects sends in the order of arrival",
                    "leave `order` out");
  if (!route.answers.empty())
    diagnostics.add("C0185", options.place("answers"), "the answer to a batch is nobody's in it",
                    "leave `answers` out");
}

}  // namespace

std::shared_ptr<const CollectPolicy> read_collect(const config::Options& route_options, Route& route,
                                                  Workshop& workshop) {
  const auto* options = route_options.nested("collect");
  if (!options) return nullptr;
  auto policy = std::make_shared<CollectPolicy>();
  policy->form = read_form(*options, workshop);
  policy->count = static_cast<int>(options->integer("count"));
  policy->bytes = static_cast<std::size_t>(options->size("size"));
  policy->at = read_times(options->node("at"), workshop);
  if (options->given("within") || !options->given("at")) policy->within = options->duration("within");
  check_company(route_options, route, workshop.diagnostics);
  // What waits for its batch is not late.
  const auto longest = policy->at ? Duration(hours(24)) : policy->within;
  if (!route_options.given("alerts"))
    for (auto& rule : route.alerts)
      if (rule.kind == AlertRule::Kind::oldest) rule.oldest += longest;
  return policy;
}

const config::Spec& collect_spec() {
  static const config::Spec kSpec{
      .name = "collect",
      .doc =
          "messages wait for each other and go as one file or request; each is worked on and settled by itself. A "
          "batch goes when one of these is reached",
      .options =
          {
              {.name = "count",
               .type = Type::integer,
               .fallback = "1000",
               .required = false,
               .doc = "so many messages",
               .example = "100",
               .least = 1,
               .most = kMostCollected},
              {.name = "size",
               .type = Type::size,
               .fallback = "16MiB",
               .required = false,
               .doc = "so many bytes; one message that is larger goes alone",
               .example = "5MiB",
               .least = 1024,
               .most = std::int64_t{64} * 1024 * 1024},
              {.name = "within",
               .type = Type::duration,
               .fallback = "1h",
               .required = false,
               .doc = "so long after the first of it was received; not by itself where `at` is said",
               .example = "10m",
               .least = 1000,
               .most = std::int64_t{7} * 24 * 60 * 60 * 1000},
              {.name = "at",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc =
                   "a time of the day, or a list of them, with days before it if wanted, by the clock of the channel's "
                   "`zone`",
               .example = "\"mon-fri 17:30\""},
              {.name = "as",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc =
                   "file: an HL7 batch file (FHS, BHS … BTS, FTS), as usual for HL7; batch: BHS … BTS; messages: one "
                   "after the other; array: of JSON, as usual for JSON; lines: other text, each ends with a line "
                   "feed; csv: the same, and the first line, which is the header of each, stands once",
               .example = "batch",
               .choices = {"file", "batch", "messages", "lines", "csv", "array"}},
          },
      .example = "count: 100\nwithin: 10m",
  };
  return kSpec;
}

}  // namespace myelin::routes
