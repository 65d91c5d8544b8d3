#include "routes/format/meaning.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/hl7/path.h"
#include "routes/steps/catalog.h"

namespace myelin::routes {
namespace {

using Keys = std::span<const std::string_view>;

// A channel file reads in the order in which it runs; in a route, what is decided when the message is stored stands
// above `steps`, what is done when it is sent below.
constexpr auto kChannel = std::to_array<std::string_view>(
    {"channel", "profile", "block", "about", "version", "zone", "state", "was", "source", "accept", "duplicates",
     "on_fault", "steps", "routes", "reply", "index", "retain", "alerts", "tests"});
constexpr auto kAccept = std::to_array<std::string_view>({"body", "types", "versions", "validate"});
constexpr auto kRoute = std::to_array<std::string_view>(
    {"about", "was",     "when", "to",    "split",  "order",    "priority", "after",      "steps", "open",
     "delay", "collect", "rate", "retry", "settle", "on_reply", "answers",  "duplicates", "keep",  "alerts"});
constexpr auto kBeside = std::to_array<std::string_view>({"when", "note", "then", "else", "do"});
constexpr auto kTest = std::to_array<std::string_view>({"it", "given", "with", "replies", "run_for", "expect"});

constexpr int kUnranked = 1'000;

int rank_in(Keys keys, std::string_view key) {
  const auto found = std::ranges::find(keys, key);
  return found == keys.end() ? kUnranked : static_cast<int>(found - keys.begin());
}

// What a step's own key holds.
Stands of_step(const StepKind& kind) {
  using Row = std::pair<std::string_view, Meaning>;
  static constexpr auto kValues = std::to_array<Row>({
      {"set", Meaning::fields},
      {"insert", Meaning::fields},
      {"clear", Meaning::path},
      {"delete", Meaning::path},
      {"keep_only", Meaning::path},
      {"renumber", Meaning::path},
      {"require", Meaning::path},
      {"each", Meaning::path},
      {"if", Meaning::condition},
      {"script", Meaning::text},
      {"also", Meaning::steps},
  });
  if (kind.spec) return {Meaning::options, kind.spec};
  const auto found = std::ranges::find(kValues, kind.name, &Row::first);
  return {found == kValues.end() ? Meaning::any : found->second};
}

Stands in_step(std::string_view key) {
  if (key == "when") return {Meaning::condition};
  if (key == "note") return {Meaning::text};
  if (key == "do" || key == "then" || key == "else") return {Meaning::steps};
  const auto* kind = find_step(key);
  return kind ? of_step(*kind) : Stands{};
}

Stands in_channel(std::string_view key) {
  if (key == "about") return {Meaning::text};
  if (key == "accept") return {Meaning::accept};
  if (key == "steps") return {Meaning::steps};
  if (key == "routes") return {Meaning::routes};
  if (key == "tests") return {Meaning::tests};
  if (key == "index") return {Meaning::places};
  return {};
}

Stands in_route(std::string_view key) {
  if (key == "when") return {Meaning::condition};
  if (key == "steps") return {Meaning::steps};
  if (key == "on_reply") return {Meaning::rows};
  if (key == "split") return {Meaning::path};
  return {};
}

Stands in_test(std::string_view key) {
  if (key == "it") return {Meaning::text};
  if (key == "with") return {Meaning::fields};
  if (key == "expect") return {Meaning::expect};
  return {Meaning::text};
}

Stands in_options(const config::Spec& spec, std::string_view key) {
  const auto* option = spec.find(key);
  if (key == "field" || (option && option->type == config::Type::path)) return {Meaning::path};
  if (option && option->type == config::Type::condition) return {Meaning::condition};
  return option && option->nested ? Stands{Meaning::options, option->nested} : Stands{};
}

}  // namespace

Stands Stands::below(std::string_view key) const {
  switch (meaning) {
    case Meaning::channel:
      return in_channel(key);
    case Meaning::accept:
      return key == "validate" ? Stands{Meaning::steps} : Stands{};
    case Meaning::routes:
      return {Meaning::route};
    case Meaning::route:
      return in_route(key);
    case Meaning::step:
    case Meaning::row:
      return in_step(key);
    case Meaning::test:
      return in_test(key);
    case Meaning::expect:
      return {key == "at" ? Meaning::path : Meaning::expected};
    case Meaning::expected:
      return {key == "absent" ? Meaning::path : Meaning::text};
    case Meaning::options:
      return in_options(*spec, key);
    case Meaning::fields:
      return {key == "after" || key == "before" ? Meaning::path : Meaning::fields};
    case Meaning::places:
      return {Meaning::path};
    case Meaning::text:
    case Meaning::path:
      return *this;
    default:
      break;
  }
  if (key == "when") return {Meaning::condition};
  if (key == "steps") return {Meaning::steps};
  if (key == "by" || key == "key") return {Meaning::path};
  return key == "about" || key == "note" ? Stands{Meaning::text} : Stands{};
}

Stands Stands::item() const {
  if (meaning == Meaning::steps) return {Meaning::step};
  if (meaning == Meaning::tests) return {Meaning::test};
  if (meaning == Meaning::rows) return {Meaning::row};
  return *this;
}

bool Stands::in_block() const {
  constexpr auto kBlocks = std::to_array<Meaning>({Meaning::channel, Meaning::routes, Meaning::steps, Meaning::step,
                                                   Meaning::rows, Meaning::row, Meaning::tests, Meaning::test});
  return std::ranges::find(kBlocks, meaning) != kBlocks.end();
}

std::optional<int> Stands::rank(std::string_view key) const {
  switch (meaning) {
    case Meaning::channel:
      return rank_in(kChannel, key);
    case Meaning::accept:
      return rank_in(kAccept, key);
    case Meaning::route:
      return rank_in(kRoute, key);
    case Meaning::test:
      return rank_in(kTest, key);
    case Meaning::step:
    case Meaning::row: {
      const int beside = rank_in(kBeside, key);
      return beside == kUnranked ? -1 : beside;
    }
    default:
      return std::nullopt;
  }
}

Stands meaning_of_file(const config::Node& root) {
  const bool known = root.find("channel") || root.find("block") || root.find("tests") || root.find("routes");
  return {known ? Meaning::channel : Meaning::any};
}

std::optional<std::string> canonical_path(std::string_view text) {
  const auto path = hl7::parse_path_with_groups(text);
  if (!path || path->field == 0) return std::nullopt;
  auto canonical = hl7::to_string(*path);
  const auto again = hl7::parse_path_with_groups(canonical);
  if (!again || *again != *path) return std::nullopt;
  return canonical;
}

bool is_formula(const Stands& stands, const config::Node& scalar) {
  if (stands.meaning == Meaning::text || stands.meaning == Meaning::path) return false;
  return stands.meaning == Meaning::condition || scalar.text().starts_with('=');
}

bool is_picking_path(std::string_view text) {
  return text.contains('[') && hl7::parse_path_with_groups(text).has_value();
}

}  // namespace myelin::routes
