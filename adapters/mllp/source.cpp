#include "adapters/mllp/source.h"

#include <algorithm>

#include "engine/base/event.h"

namespace myelin::mllp {
namespace {

constexpr Duration kFirstPause = seconds(1);
constexpr Duration kLongestPause = seconds(30);

}  // namespace

MllpSource::MllpSource(Loop& loop, MllpSettings settings)
    : loop_(loop), settings_(std::move(settings)), running_(loop), stopped_(loop) {}

MllpSource::~MllpSource() { loop_.cancel(grace_); }

Result<void> MllpSource::open() {
  if (!settings_.listen) return {};
  auto listener = net::listen(loop_, *settings_.listen, settings_.tls);
  if (!listener) return fail(listener);
  listener_ = std::move(*listener);
  return {};
}

std::string MllpSource::address() const {
  if (listener_) return listener_->address();
  if (!settings_.connect) return {};
  return settings_.connect->host + ":" + std::to_string(settings_.connect->port);
}

Task<void> MllpSource::run(Intake& intake, std::stop_token stop) {
  const std::stop_callback on_stop(stop, [this] { stop_sessions(); });
  if (listener_) co_await accept_all(&intake);
  else co_await dial_again_and_again(&intake, stop);
  co_await running_.join();
  loop_.cancel(grace_);
}

Task<void> MllpSource::accept_all(Intake* intake) {
  while (!stopping_) {
    auto accepted = co_await listener_->accept();
    if (!accepted) break;
    if (sessions_.size() >= settings_.max_connections) refuse(**accepted);
    else running_.spawn(serve(std::move(*accepted), intake));
  }
}

// Said once while the listener is full, so that a flood of connections is no flood of lines; the rest is counted.
void MllpSource::refuse(const net::Stream& stream) {
  if (refused_++ > 0) return;
  emit(EventKind::peer_refused, {{Label::peer, stream.peer()},
                                 {Label::fault, entry(FaultCode::too_many_connections).id},
                                 {Label::count, static_cast<std::int64_t>(sessions_.size())}});
}

Task<void> MllpSource::serve(std::unique_ptr<net::Stream> stream, Intake* intake) {
  Session session(loop_, std::move(stream), settings_, *intake, ids_);
  const auto number = ++last_session_;
  sessions_.emplace(number, &session);
  co_await session.run();
  sessions_.erase(number);
  const auto refused = std::exchange(refused_, 0);
  if (refused > 1)
    emit(EventKind::peer_refused, {{Label::fault, entry(FaultCode::too_many_connections).id}, {Label::count, refused}});
}

Task<void> MllpSource::dial_again_and_again(Intake* intake, std::stop_token stop) {
  Duration pause = kFirstPause;
  while (!stopping_) {
    auto dialling = net::connect(loop_, *settings_.connect, settings_.tls, settings_.connect_timeout, stop);
    auto stream = co_await dialling;
    if (stopping_) break;
    if (stream) {
      pause = kFirstPause;
      co_await serve(std::move(*stream), intake);
    } else {
      const auto& fault = stream.error();
      emit(EventKind::peer_refused, {{Label::fault, entry(fault.code).id}, {Label::reason, fault.detail}});
    }
    if (!stopping_) co_await stopped_.wait_for(pause);
    pause = std::min(pause * 2, kLongestPause);
  }
}

void MllpSource::stop_sessions() {
  stopping_ = true;
  for (const auto& [number, session] : sessions_) session->stop();
  grace_ = loop_.after(settings_.stop_grace, [this] {
    for (const auto& [number, session] : sessions_) session->close();
  });
  if (listener_) listener_->close();
  stopped_.notify();  // last: run() may return inside it
}

}  // namespace myelin::mllp
