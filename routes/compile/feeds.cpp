// Channels that hand over to channels: each name must be one, and nobody may feed himself, however long the way round.
#include <algorithm>
#include <map>

#include "routes/compile/channel_file.h"

namespace myelin::routes {
namespace {

using Channels = std::map<std::string_view, const CompiledChannel*>;

// The way from `from` back to `home`, without `home` at its end; empty when there is none.
std::vector<std::string_view> way_back(const CompiledChannel& from, std::string_view home, const Channels& channels,
                                       std::set<std::string_view>& seen) {
  for (const auto& feed : from.feeds) {
    if (feed.channel == home) return {from.name};
    const auto next = channels.find(feed.channel);
    if (next == channels.end() || !seen.insert(feed.channel).second) continue;
    auto rest = way_back(*next->second, home, channels, seen);
    if (rest.empty()) continue;
    rest.insert(rest.begin(), from.name);
    return rest;
  }
  return {};
}

void check_circle(const CompiledChannel& channel, const Feed& feed, const Channels& channels,
                  std::set<std::string_view>& told, config::Diagnostics& diagnostics) {
  if (told.contains(channel.name)) return;
  std::vector<std::string_view> way;
  if (feed.channel != channel.name) {
    const auto next = channels.find(feed.channel);
    if (next == channels.end()) return;
    std::set<std::string_view> seen{feed.channel};
    way = way_back(*next->second, channel.name, channels, seen);
    if (way.empty()) return;
  }
  std::string round = channel.name;
  told.insert(channel.name);
  for (const auto& name : way) {
    round += " -> " + std::string(name);
    told.insert(name);
  }
  diagnostics.add("C0137", feed.place, "channels feed each other in a circle: " + round + " -> " + channel.name,
                  "a message would go round for ever; let one of them deliver to a peer");
}

}  // namespace

void check_feeds(const std::vector<std::shared_ptr<const CompiledChannel>>& channels,
                 const std::set<std::string, std::less<>>& unread, config::Diagnostics& diagnostics) {
  Channels by_name;
  std::vector<std::string_view> names;
  for (const auto& channel : channels)
    if (!channel->name.empty() && by_name.emplace(channel->name, channel.get()).second) names.push_back(channel->name);
  std::set<std::string_view> told;  // channels of a circle that was told
  for (const auto& each : channels) {
    const auto& channel = *each;
    for (const auto& feed : channel.feeds) {
      if (by_name.contains(feed.channel)) {
        check_circle(channel, feed, by_name, told, diagnostics);
        continue;
      }
      if (unread.contains(feed.channel)) continue;  // its own mistake is told already
      std::vector<std::string_view> others;
      std::ranges::copy_if(names, std::back_inserter(others), [&](auto name) { return name != channel.name; });
      const auto near = config::nearest(feed.channel, others);
      diagnostics.add(
          "C0136", feed.place, "there is no channel called '" + feed.channel + "'",
          near.empty() ? std::string("a file of channels/ would be it") : "did you mean " + std::string(near) + "?");
    }
  }
}

}  // namespace myelin::routes
