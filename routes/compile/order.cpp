// `order:` of a route: fifo, none, or the places whose values are the keys. To the place of an identifier belongs the
// place where a merge names the one that goes (PID-3 and MRG-1): it is added where it does not stand, so that no merge
// passes, or is passed by, a message of the patient it takes away.
#include <algorithm>
#include <array>

#include "routes/compile/route_part.h"
#include "routes/steps/place.h"

namespace myelin::routes {
namespace {

using config::Node;

class PathKeys final : public KeyReader {
 public:
  explicit PathKeys(std::vector<hl7::Path> paths) : paths_(std::move(paths)) {}

  std::vector<std::string> values(const Body& body) const override {
    std::vector<std::string> found;
    const auto* tree = body.hl7();
    if (!tree) return found;
    for (const auto& path : paths_)
      for (const auto& spot : hl7::select(*tree, path)) found.push_back(tree->text(spot));
    return found;
  }

 private:
  std::vector<hl7::Path> paths_;
};

struct Twin {
  std::string_view segment;
  std::uint16_t field;
  std::uint16_t merged;  // the field of MRG that names the one that goes
};
constexpr std::array kTwins = {Twin{"PID", 3, 1}, Twin{"PID", 18, 3}, Twin{"PV1", 19, 5}};

// Events with an MRG segment.
constexpr std::array<std::string_view, 22> kMerges = {"A18", "A30", "A34", "A35", "A36", "A39", "A40", "A41",
                                                      "A42", "A43", "A44", "A45", "A46", "A47", "A48", "A49",
                                                      "A50", "A51", "A24", "A37", "P01", "P06"};

bool may_merge(const std::vector<std::string>& types) {
  return types.empty() || std::ranges::any_of(types, [](std::string_view type) {
           const auto event = type.substr(std::min(type.find('^') + 1, type.size()));
           return event == "*" || std::ranges::find(kMerges, event) != kMerges.end();
         });
}

void add_twins(std::vector<hl7::Path>& paths, const config::Place& place, bool merges,
               config::Diagnostics& diagnostics) {
  for (const auto& path : std::vector<hl7::Path>(paths)) {
    const auto twin = std::ranges::find_if(
        kTwins, [&](const Twin& each) { return each.segment == path.segment && each.field == path.field; });
    const bool written = std::ranges::any_of(paths, [&](const hl7::Path& other) {
      return twin != kTwins.end() && other.segment == "MRG" && other.field == twin->merged;
    });
    if (twin == kTwins.end() || written) continue;
    auto merged = path;
    merged.segment = "MRG";
    merged.field = twin->merged;
    paths.push_back(merged);
    if (merges)
      diagnostics.add(
          "H0102", place, "merges are ordered by " + hl7::to_string(merged) + " too",
          "nothing to do; or write by: [ \"" + hl7::to_string(path) + "\", \"" + hl7::to_string(merged) + "\" ]");
  }
}

}  // namespace

std::shared_ptr<const KeyReader> path_keys(std::vector<hl7::Path> paths) {
  return std::make_shared<PathKeys>(std::move(paths));
}

const config::Spec& order_spec() {
  using config::Type;
  static const config::Spec kSpec{
      .name = "order",
      .doc = "messages with the same key go one after the other, others beside them",
      .options =
          {
              {.name = "by",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc =
                   "a path or a list of paths, read after the shared steps when the message is stored; each value is "
                   "a key, and a message with several keys waits for all of them, and all of them for it",
               .example = "\"PID[*]-3[5=MR].1\""},
              {.name = "parallel",
               .type = Type::integer,
               .fallback = "16",
               .required = false,
               .doc = "how many messages are in flight at most, each on a connection of its own",
               .example = "32",
               .least = 1,
               .most = kMostParallel},
          },
      .example = "by: \"PID[*]-3[5=MR].1\"\nparallel: 16",
  };
  return kSpec;
}

void read_order(const Node& node, Route& route, Workshop& workshop) {
  auto& diagnostics = workshop.diagnostics;
  if (!node || (node.is_scalar() && node.text() == "fifo")) return;
  if (node.is_scalar() && node.text() == "none") {
    route.lane.order = OrderKind::none;
    route.lane.parallel = kParallel;
    return;
  }
  if (!node.is_map()) {
    diagnostics.add("C0125", node.place(), "there is no such order",
                    "order: fifo, none, or { by: \"PID[*]-3[5=MR].1\" }");
    return;
  }
  const auto options = config::read_options(order_spec(), node, diagnostics);
  const auto& by = options.node("by");
  if (!by) return;
  std::vector<hl7::Path> paths;
  for (auto& named : read_keys(by, "C0125", workshop)) paths.push_back(std::move(named.path));
  if (paths.empty()) {
    if (by.is_list() && by.items().empty())
      diagnostics.add("C0125", by.place(), "an order without a path is none", "order: none");
    return;
  }
  add_twins(paths, by.place(), may_merge(workshop.types), diagnostics);
  route.lane.order = OrderKind::keyed;
  route.lane.parallel = static_cast<int>(options.integer("parallel"));
  route.keys = path_keys(std::move(paths));
}

}  // namespace myelin::routes
