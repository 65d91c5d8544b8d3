#include "engine/net/asio_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>

#include "engine/net/asio_loop_impl.h"

namespace myelin::net {

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>()) {}
AsioLoop::~AsioLoop() = default;

void AsioLoop::run() {
  impl_->context.restart();
  impl_->context.run();
}

void AsioLoop::stop() {
  post([this] { impl_->context.stop(); });
}

void AsioLoop::post(Callback callback) {
  bool first = false;
  {
    const std::scoped_lock hold(impl_->posted_lock);
    first = impl_->posted.empty();
    impl_->posted.push_back(std::move(callback));
  }
  if (first) boost::asio::post(impl_->context, [impl = impl_.get()] { impl->run_posted(); });
}

void AsioLoop::Impl::run_posted() {
  {
    const std::scoped_lock hold(posted_lock);
    running.swap(posted);
  }
  for (auto& callback : running) callback();
  running.clear();
}

TimerId AsioLoop::after(Duration delay, Callback callback) {
  const auto when = mono() + std::clamp<Duration>(delay, Duration::zero(), hours(24 * 365));
  const auto id = impl_->timers.add(when, std::move(callback));
  impl_->arm();
  return id;
}

void AsioLoop::cancel(TimerId timer) { impl_->timers.cancel(timer); }

MonoTime AsioLoop::mono() const { return std::chrono::steady_clock::now(); }

WallTime AsioLoop::wall() const { return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now()); }

void AsioLoop::Impl::arm() {
  const auto first = timers.next();
  if (!first || armed_for <= *first) return;
  armed_for = *first;
  alarm.expires_at(armed_for);
  alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void AsioLoop::Impl::fire() {
  armed_for = MonoTime::max();
  const auto now = std::chrono::steady_clock::now();
  while (auto callback = timers.take(now)) (*callback)();
  arm();
}

void AsioLoop::on_signal(std::move_only_function<void(int)> callback) {
  impl_->on_signal = std::move(callback);
  if (impl_->signals) return;
  impl_->signals.emplace(impl_->context, SIGTERM, SIGINT, SIGHUP);
  impl_->wait_for_signal();
}

void AsioLoop::Impl::wait_for_signal() {
  signals->async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    on_signal(signal);
  });
}

}  // namespace myelin::net
