// AsioLoop: the Loop of the daemon, one single-threaded Boost.Asio io_context on epoll. Its run() is one thread's life.
// Asio itself is seen only by the files of engine/net.
#pragma once

#include <memory>

#include "engine/base/loop.h"

namespace myelin::net {

class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;

  void run();   // until stop() and nothing runs
  void stop();  // thread-safe

  void post(Callback callback) override;
  TimerId after(Duration delay, Callback callback) override;
  void cancel(TimerId timer) override;
  MonoTime mono() const override;
  WallTime wall() const override;

  // Runs `callback(signal)` on this loop for each SIGTERM, SIGINT and SIGHUP.
  void on_signal(std::move_only_function<void(int)> callback);

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace myelin::net
