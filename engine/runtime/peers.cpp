#include "engine/runtime/peers.h"

#include <algorithm>

namespace myelin::runtime {
namespace {

// The same peer has another port with each connection, and another name with each file.
std::string_view name_of(std::string_view peer) {
  const auto colon = peer.rfind(':');
  const bool digits = colon != std::string_view::npos && colon + 1 < peer.size() &&
                      peer.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (digits && !peer.starts_with("uid:")) return peer.substr(0, colon);
  const auto slash = peer.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? peer : peer.substr(0, slash);
}

}  // namespace

HabitCounts HabitTally::counts() const {
  HabitCounts all;
  for (const auto& entry : hl7::habit_table())
    if (const auto count = counts_[static_cast<std::size_t>(entry.habit)]; count > 0)
      all.emplace_back(entry.name, count);
  return all;
}

PeerBook::Page& PeerBook::page_of(std::string_view peer) {
  const auto name = name_of(peer);
  const auto known = pages_.find(name);
  if (known != pages_.end()) return known->second;
  return pages_[pages_.size() < kMost ? std::string(name) : "others"];
}

void PeerBook::took(std::string_view peer, std::span<const hl7::Habit> habits) {
  auto& page = page_of(peer);
  ++page.messages;
  page.habits.add(habits);
}

void PeerBook::noticed(std::string_view peer, std::span<const hl7::Habit> habits) { page_of(peer).habits.add(habits); }

std::vector<PeerView> PeerBook::views() const {
  std::vector<PeerView> all;
  for (const auto& [name, page] : pages_) all.push_back(PeerView{name, page.messages, page.habits.counts()});
  std::ranges::sort(all, {}, [](const auto& each) { return std::pair(-each.messages, std::string_view(each.peer)); });
  return all;
}

}  // namespace myelin::runtime
