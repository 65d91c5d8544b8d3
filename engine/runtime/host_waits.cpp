// Host, why deliveries wait: each lane is asked on its own loop, one hop for all of a channel.
#include <map>
#include <utility>

#include "engine/runtime/host_impl.h"

namespace myelin::runtime {
namespace {

using Reasons = std::vector<std::optional<Waits>>;

Task<bool> ask(const Channel& channel, const std::vector<Delivery>& rows, const std::vector<std::size_t>& theirs,
               Reasons& reasons) {
  for (const auto at : theirs) reasons[at] = channel.waits_for(rows[at]);
  co_return true;
}

}  // namespace

Task<Reasons> Host::waits_for(std::vector<Delivery> rows) {
  auto& self = *impl_;
  Reasons reasons(rows.size());
  std::map<std::string, std::vector<std::size_t>> by_channel;
  for (std::size_t at = 0; at < rows.size(); ++at) by_channel[rows[at].lane.channel].push_back(at);
  for (const auto& entry : by_channel) {
    const auto& theirs = entry.second;
    const auto found = self.channels.find(entry.first);
    if (found == self.channels.end() || found->second.leaving) {
      Waits gone;
      gone.what = WaitsFor::no_channel;
      for (const auto at : theirs)
        if (!finished(rows[at].state)) reasons[at] = gone;
      continue;
    }
    auto& running = found->second;
    auto make = [&] { return ask(*running.channel, rows, theirs, reasons); };
    co_await run_on<bool>(*running.loop, self.home, make);
  }
  co_return std::move(reasons);
}

}  // namespace myelin::runtime
