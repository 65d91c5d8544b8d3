// The source of a channel that nothing but other channels feed: it has no peer and reads nothing. What is handed over
// comes in through the Exchange, whatever source a channel has.
#pragma once

#include "engine/model/adapter.h"

namespace myelin::channel {

class ChannelSource final : public Source {
 public:
  explicit ChannelSource(Loop& loop) : stopped_(loop) {}

  Result<void> open() override { return {}; }
  Task<void> run(Intake& intake, std::stop_token stop) override;
  std::string address() const override { return "other channels"; }

 private:
  Wakeup stopped_;
};

}  // namespace myelin::channel
