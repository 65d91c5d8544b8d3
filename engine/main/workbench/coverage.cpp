#include "engine/main/workbench/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/counted.h"
#include "routes/compile/files.h"
#include "routes/format/meaning.h"
#include "routes/steps/table.h"

namespace myelin {

namespace {

using config::Node;
using routes::Meaning;
using routes::Stands;

constexpr std::array<std::string_view, 4> kKinds = {"step", "branch", "route", "row"};
constexpr std::size_t kMostRows = 20;  // of one table that are listed

std::string_view name_of(Covered kind) { return kKinds[static_cast<std::size_t>(kind)]; }

bool is_beside(std::string_view key) {
  return key == "when" || key == "note" || key == "then" || key == "else" || key == "do";
}

// The key of the step in an item of a list of steps.
const Node::Entry* action_of(const Node& item) {
  const auto found = std::ranges::find_if(item.entries(), [](const auto& entry) { return !is_beside(entry.key); });
  return found == item.entries().end() ? nullptr : &*found;
}

}  // namespace

// Walks a file and compares what stands in it with what was met.
class Coverage::Listing {
 public:
  explicit Listing(const Coverage& seen) : seen_(seen) {}

  void file(const config::SourceText& source) {
    config::Diagnostics ignored;
    const auto root = config::load_yaml(std::make_shared<config::SourceText>(source), ignored);
    walk(root, routes::meaning_of_file(root));
  }

  void table(const routes::Table& table, const std::string& directory) {
    const auto found = seen_.rows_.find(table.name());
    auto& count = report_.counts[Covered::row];
    std::size_t missed = 0;
    const auto place = directory + "/tables/" + table.name() + ".csv";
    for (const auto key : table.keys()) {
      ++count.all;
      const bool reached = found != seen_.rows_.end() && found->second.contains(key);
      if (reached) ++count.reached;
      else if (++missed <= kMostRows)
        report_.gaps.push_back({Covered::row, place, fmt::format("row {} was never looked up", key)});
    }
    if (missed > kMostRows)
      report_.gaps.push_back({Covered::row, place, "and " + counted(missed - kMostRows, "row") + " more"});
  }

  CoverageReport take() { return std::move(report_); }

 private:
  void item(Covered kind, const config::Place& place, bool reached, std::string what) {
    auto& count = report_.counts[kind];
    ++count.all;
    if (reached) ++count.reached;
    else report_.gaps.push_back({kind, to_string(place), std::move(what)});
  }

  void walk(const Node& node, const Stands& stands) {
    if (stands.meaning == Meaning::step) step(node);
    if (stands.meaning == Meaning::routes)
      for (const auto& entry : node.entries()) route(entry);
    if (stands.meaning == Meaning::tests) return;
    for (const auto& entry : node.entries()) walk(entry.value, stands.below(entry.key));
    for (const auto& each : node.items()) walk(each, stands.item());
  }

  void step(const Node& node) {
    const auto* action = action_of(node);
    if (!action) return;
    const auto place = to_string(action->key_place);
    const bool ran = seen_.ran_.contains(place);
    const bool never_true = seen_.skipped_.contains(place);
    item(Covered::step, action->key_place, ran,
         never_true ? fmt::format("the `when` of `{}` was never true", action->key)
                    : fmt::format("`{}` never ran", action->key));
    if (const auto* when = node.find("when"); when && ran)
      item(Covered::branch, when->place(), seen_.skipped_.contains(place),
           fmt::format("the `when` of `{}` was never false", action->key));
    if (action->key != "if" || !ran) return;
    const auto* then = node.find("then");
    const auto* otherwise = node.find("else");
    if (then) item(Covered::branch, action->value.place(), begun(*then), "this `if` was never true");
    item(Covered::branch, action->value.place(), otherwise ? begun(*otherwise) : seen_.bare_.contains(place),
         "this `if` was never false");
  }

  bool begun(const Node& steps) const {
    if (steps.items().empty()) return false;
    const auto* first = action_of(steps.items().front());
    return first && seen_.met_.contains(to_string(first->key_place));
  }

  void route(const Node::Entry& entry) {
    const auto place = to_string(entry.key_place);
    item(Covered::route, entry.key_place, seen_.wanted_.contains(place),
         fmt::format("route {} never wanted a message", entry.key));
    if (const auto* when = entry.value.find("when"))
      item(Covered::branch, when->place(), seen_.unwanted_.contains(place),
           fmt::format("route {} never left a message out", entry.key));
  }

  const Coverage& seen_;
  CoverageReport report_;
};

Coverage::Coverage(const routes::Compiled& compiled) : compiled_(compiled) {
  for (const auto& table : compiled_.tables)
    table->listen([&rows = rows_[table->name()]](std::string_view key) { rows.emplace(key); });
}

Coverage::~Coverage() {
  for (const auto& table : compiled_.tables) table->listen(nullptr);
}

void Coverage::decided(const Route& route, bool wanted) { (wanted ? wanted_ : unwanted_).insert(route.place); }

void Coverage::before(const Step& step, const Body& /*body*/) {
  if (!open_.empty()) open_.back().inner = true;
  open_.push_back({std::string(step.place())});
  met_.insert(open_.back().place);
}

void Coverage::after(const Step& /*step*/, const Body& /*body*/, bool skipped) {
  if (open_.empty()) return;
  auto done = std::move(open_.back());
  open_.pop_back();
  if (!skipped && !done.inner) bare_.insert(done.place);
  (skipped ? skipped_ : ran_).insert(std::move(done.place));
}

CoverageReport Coverage::report(const std::string& directory, const std::set<std::string>& files) const {
  config::Diagnostics ignored;
  const auto all = routes::read_files(directory, ignored);
  Listing listing(*this);
  for (const auto& source : all.channels)
    if (files.contains(source->path())) listing.file(*source);
  for (const auto& source : all.blocks) listing.file(*source);
  for (const auto& table : compiled_.tables) listing.table(*table, all.directory);
  return listing.take();
}

double CoverageReport::percent() const {
  CoverageCount sum;
  for (const auto& [kind, count] : counts) {
    if (kind == Covered::row) continue;
    sum.reached += count.reached;
    sum.all += count.all;
  }
  return sum.all == 0 ? 100.0 : 100.0 * static_cast<double>(sum.reached) / static_cast<double>(sum.all);
}

void print_coverage(const Console& console, const CoverageReport& report) {
  std::string counts;
  for (const auto& [kind, count] : report.counts) {
    constexpr std::array<std::string_view, 4> kPlurals = {"steps", "branches", "routes", "rows of tables"};
    counts += fmt::format("{}{} {} of {}", counts.empty() ? "" : ", ", kPlurals[static_cast<std::size_t>(kind)],
                          count.reached, count.all);
  }
  // Rounded down: 100 % is all.
  console.line(console.paint(Ink::bold, fmt::format("coverage  {} %", static_cast<int>(report.percent()))) + "  " +
               counts);
  for (const auto& gap : report.gaps)
    console.line(fmt::format("  {}  {}", console.paint(Ink::blue, gap.place), gap.what));
}

json::Value coverage_json(const CoverageReport& report) {
  json::Value counts, gaps{json::Array{}}, all;
  for (const auto& [kind, count] : report.counts) {
    json::Value one;
    one.set("reached", count.reached).set("all", count.all);
    counts.set(name_of(kind), std::move(one));
  }
  for (const auto& gap : report.gaps) {
    json::Value one;
    one.set("kind", name_of(gap.kind)).set("place", gap.place).set("what", gap.what);
    gaps.push(std::move(one));
  }
  return all.set("percent", static_cast<std::int64_t>(report.percent()))
      .set("counts", std::move(counts))
      .set("gaps", std::move(gaps));
}

}  // namespace myelin
