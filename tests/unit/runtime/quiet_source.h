// A source that brings nothing: it can be opened, unless its port is taken, and runs until it is stopped.
#pragma once

#include <stop_token>
#include <string>

#include "engine/base/task.h"
#include "engine/model/adapter.h"

namespace myelin::runtime {

struct Listening {
  int opened = 0;
  int running = 0;
  bool busy = false;
};

class QuietSource final : public Source {
 public:
  QuietSource(Loop& loop, Listening& state) : loop_(loop), state_(state) {}
  Result<void> open() override {
    if (state_.busy) return fail(FaultCode::port_in_use, "127.0.0.1:1 is taken");
    ++state_.opened;
    return {};
  }
  Task<void> run(Intake&, std::stop_token stop) override {
    ++state_.running;
    Wakeup ended(loop_);
    const std::stop_callback on_stop(stop, [&ended] { ended.notify(); });
    co_await ended.wait();
    --state_.running;
  }
  std::string address() const override { return "127.0.0.1:1"; }

 private:
  Loop& loop_;
  Listening& state_;
};

}  // namespace myelin::runtime
