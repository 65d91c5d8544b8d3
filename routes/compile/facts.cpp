// Facts across channels: what a message was known by goes with it when it is handed over. So a channel keeps what the
// channels that it feeds name, and a fact is a mistake where no source on the way to its formula has it.
#include <algorithm>
#include <array>
#include <map>

#include "engine/base/crypto.h"
#include "routes/compile/channel_file.h"

namespace myelin::routes {
namespace {

using Channels = std::vector<std::shared_ptr<const CompiledChannel>>;
using Names = std::set<std::string, std::less<>>;

struct Head {
  std::string_view name, who;  // "user", and the hint who would know it
};
constexpr auto kHeads = std::to_array<Head>({
    {"file", "a source of kind file has it"},
    {"header", "a source of kind http has it"},
    {"query", "a source of kind http has it"},
    {"user", "a source has it that asks for `auth: { user: … }` or whose `tls` has `require_peer: true`"},
});

std::string_view head_of(std::string_view name) { return name.substr(0, name.find('.')); }

// `file` and `user` are small and are kept wherever they are known.
bool is_asked_for(std::string_view name) { return name.contains('.'); }

class Flow {
 public:
  explicit Flow(const Channels& channels) {
    for (const auto& channel : channels) by_name_.emplace(channel->name, channel.get());
    for (const auto& channel : channels)
      for (const auto& feed : channel->feeds)
        if (feed.facts) feeders_[feed.channel].push_back(channel.get());
  }

  Names named_below(const CompiledChannel& channel) const {
    Names names;
    std::set<const CompiledChannel*> seen;
    collect_below(channel, seen, names);
    return names;
  }

  bool known_to(const CompiledChannel& channel, std::string_view head) const {
    std::set<const CompiledChannel*> seen;
    return known_above(channel, head, seen);
  }

 private:
  void collect_below(const CompiledChannel& channel, std::set<const CompiledChannel*>& seen, Names& names) const {
    if (!seen.insert(&channel).second) return;
    std::ranges::copy(asked_for(channel.facts), std::inserter(names, names.end()));
    for (const auto& feed : channel.feeds)
      if (const auto next = by_name_.find(feed.channel); feed.facts && next != by_name_.end())
        collect_below(*next->second, seen, names);
  }

  // A source that has mistakes may know everything.
  bool known_above(const CompiledChannel& channel, std::string_view head,
                   std::set<const CompiledChannel*>& seen) const {
    if (!seen.insert(&channel).second) return false;
    if (!channel.knows || std::ranges::find(*channel.knows, head) != channel.knows->end()) return true;
    const auto feeders = feeders_.find(channel.name);
    if (feeders == feeders_.end()) return false;
    return std::ranges::any_of(feeders->second, [&](const auto* from) { return known_above(*from, head, seen); });
  }

  std::map<std::string_view, const CompiledChannel*> by_name_;
  std::map<std::string_view, std::vector<const CompiledChannel*>> feeders_;
};

// A block says the same in each channel that uses it: it is wrong where none of them knows.
struct Finding {
  const CompiledChannel* channel = nullptr;
  const expr::FactUse* use = nullptr;
  bool known = false;
};

}  // namespace

std::vector<std::string> asked_for(const std::vector<expr::FactUse>& uses) {
  Names names;
  for (const auto& use : uses)
    if (is_asked_for(use.name)) names.insert(use.name);
  return {names.begin(), names.end()};
}

void check_facts(const Channels& channels, config::Diagnostics& diagnostics) {
  const Flow flow(channels);
  std::map<std::string, Finding> findings;
  for (const auto& channel : channels)
    for (const auto& use : channel->facts) {
      auto& finding = findings[config::to_string(use.place) + " " + use.name];
      if (!finding.use) finding = {channel.get(), &use, false};
      finding.known = finding.known || flow.known_to(*channel, head_of(use.name));
    }
  for (const auto& [place, finding] : findings) {
    if (finding.known) continue;
    const auto* head = std::ranges::find(kHeads, head_of(finding.use->name), &Head::name);
    diagnostics.add("C0230", finding.use->place,
                    "no message of channel " + finding.channel->name + " comes with $" + finding.use->name,
                    head == kHeads.end() ? std::string() : std::string(head->who));
  }
}

void keep_facts(Channels& channels) {
  const Flow flow(channels);
  for (auto& channel : channels) {
    if (!channel->plan) continue;
    const auto names = flow.named_below(*channel);
    std::vector<std::string> facts(names.begin(), names.end());
    if (facts == channel->plan->facts) continue;
    auto plan = std::make_shared<Plan>(*channel->plan);
    std::string all = plan->hash;
    for (const auto& name : facts) all.append("\n").append(name);
    plan->facts = std::move(facts);
    plan->hash = hex(sha256(all));
    auto made = std::make_shared<CompiledChannel>(*channel);
    made->plan = std::move(plan);
    channel = std::move(made);
  }
}

}  // namespace myelin::routes
