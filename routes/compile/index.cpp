// `index:` of a channel: what its messages can be searched by. And `duplicates:`, which may name fields too.
#include <algorithm>

#include "routes/compile/route_part.h"
#include "routes/steps/place.h"

namespace myelin::routes {
namespace {

using config::Node;
using config::Type;

// What `myelin messages` asks for by other means.
constexpr std::array<std::string_view, 8> kTaken = {"control_id", "control-id", "channel", "type",
                                                    "state",      "since",      "until",   "limit"};
constexpr std::size_t kMostKeys = 16;

std::shared_ptr<const KeyReader> keys_of(std::vector<NamedPath> named) {
  std::vector<hl7::Path> paths;
  for (auto& one : named) paths.push_back(std::move(one.path));
  return paths.empty() ? nullptr : path_keys(std::move(paths));
}

// What makes two messages the same: the first of several is as good as any.
std::shared_ptr<const KeyReader> read_fields(const Node& node, Workshop& workshop) {
  auto named = read_paths(node, workshop);
  for (const auto& one : named)
    if (one.path.field == 0)
      workshop.diagnostics.add("C0174", one.place, "a whole segment is nothing to compare",
                               "a field of it: " + one.text + "-3.1");
  return keys_of(std::move(named));
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 40 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

std::vector<IndexKey> read_index(const Node& node, Workshop& workshop) {
  std::vector<IndexKey> keys;
  if (!node) return keys;
  auto& diagnostics = workshop.diagnostics;
  if (!node.is_map() || node.entries().size() > kMostKeys) {
    diagnostics.add("C0174", node.place(), "`index` is a map of at most 16 names and paths",
                    "index: { mrn: \"PID[*]-3[5=MR].1\" }");
    return keys;
  }
  for (const auto& entry : node.entries()) {
    if (!is_name(entry.key) || std::ranges::find(kTaken, entry.key) != kTaken.end())
      diagnostics.add("C0174", entry.key_place, "'" + entry.key + "' cannot name a key of the index",
                      "small letters, digits, - and _; control_id, channel, type, state, since, until and limit are "
                      "taken");
    auto named = read_keys(entry.value, "C0174", workshop);
    std::string paths;
    for (const auto& one : named) paths += one.text + "\n";
    if (auto values = keys_of(std::move(named))) keys.push_back({entry.key, std::move(values), std::move(paths)});
  }
  return keys;
}

const config::Spec& duplicates_spec() {
  static const config::Spec kSpec{
      .name = "duplicates",
      .doc = "the same message again is answered as the first time, kept, shown and not forwarded",
      .options =
          {
              {.name = "window",
               .type = Type::duration,
               .fallback = "10m",
               .required = false,
               .doc = "how long after the first",
               .example = "1h",
               .least = 1,
               .most = 604'800'000},
              {.name = "fields",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what makes it the same, in place of the whole content without MSH-7",
               .example = "[MSH-3, MSH-10, PID-3.1]"},
          },
      .example = "window: 1h\nfields: [MSH-3, MSH-10, PID-3.1]",
  };
  return kSpec;
}

DuplicatePolicy read_duplicates(const Node& node, Workshop& workshop) {
  DuplicatePolicy policy;
  if (!node) return policy;
  auto& diagnostics = workshop.diagnostics;
  if (node.is_map()) {
    const auto options = config::read_options(duplicates_spec(), node, diagnostics);
    policy.window = options.duration("window");
    const auto& fields = options.node("fields");
    if (fields && (workshop.rendered || workshop.scope.body != BodyKind::hl7))
      diagnostics.add("C0122", fields.place(), "the message is no HL7 here, so it has no fields to compare",
                      "leave out `fields`: then all of it is compared");
    else if (fields) policy.fields = read_fields(fields, workshop);
    return policy;
  }
  policy.window = Duration::zero();
  if (node.is_scalar() && node.text() == "none") return policy;
  const auto window = node.is_scalar() ? config::parse_duration(node.text()) : std::nullopt;
  if (window && *window > Duration::zero() && *window <= hours(24 * 7)) {
    policy.window = *window;
    return policy;
  }
  diagnostics.add("C0122", node.place(), "`duplicates` is a time up to 7d, none, or { window, fields }",
                  "10m: the same message again within ten minutes is not forwarded; none: each is");
  return policy;
}

// `duplicates:` of a route, below its steps: of what is sent. None unless it says so.
void read_duplicates(const Node& node, Workshop& workshop, Route& route) {
  if (!node) return;
  auto policy = read_duplicates(node, workshop);
  if (policy.window == Duration::zero()) return;
  if (route.collect)
    workshop.diagnostics.add("C0233", node.place(), "what is collected is sent as one, and compared with nothing",
                             "`duplicates` of the channel is asked when a message comes");
  route.duplicates = std::move(policy);
}

}  // namespace myelin::routes
