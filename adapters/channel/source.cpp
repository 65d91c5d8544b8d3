#include "adapters/channel/source.h"

namespace myelin::channel {

Task<void> ChannelSource::run(Intake&, std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { stopped_.notify(); });
  while (!stop.stop_requested()) co_await stopped_.wait();
}

}  // namespace myelin::channel
