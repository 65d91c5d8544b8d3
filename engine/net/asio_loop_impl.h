// The inside of AsioLoop, for the files of this room that open sockets on it. Nobody else includes this.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/net/asio_loop.h"
#include "engine/net/timers.h"

namespace myelin::net {

struct AsioLoop::Impl {
  // One thread runs it: no locks around handlers, but posting from other threads stays safe.
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};

  // All timers hang on one Asio timer, armed for the earliest; a cancelled one leaves it armed and costs nothing.
  boost::asio::steady_timer alarm{context};
  MonoTime armed_for = MonoTime::max();
  Timers timers;

  // What other threads (and this one) handed over; one wake-up runs all of it.
  std::mutex posted_lock;
  std::vector<Callback> posted;
  std::vector<Callback> running;

  std::optional<boost::asio::signal_set> signals;
  std::move_only_function<void(int)> on_signal;

  void arm();
  void fire();
  void run_posted();
  void wait_for_signal();
};

// `loop` as what it is; nullptr when it has no io_context (a VirtualLoop).
inline AsioLoop* as_asio_loop(Loop& loop) { return dynamic_cast<AsioLoop*>(&loop); }

}  // namespace myelin::net
