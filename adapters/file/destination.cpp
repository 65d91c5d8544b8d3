#include "adapters/file/destination.h"

#include "adapters/file/outbox.h"
#include "engine/base/offload.h"

namespace myelin::file {

struct FileDestination::Work {
  Work(Loop& on, const FileSettings& settings) : loop(on), outbox(settings), changed(on) {}

  Loop& loop;
  Outbox outbox;
  Wakeup changed;
  std::optional<Outcome> outcome;
  bool running = false;
  bool closed = false;  // since the send in flight began
};

FileDestination::FileDestination(Loop& loop, FileSettings settings)
    : loop_(loop), settings_(std::move(settings)), work_(std::make_shared<Work>(loop, settings_)) {}

FileDestination::~FileDestination() { FileDestination::close(); }

// Over the loop: the send in flight must not go on inside this call.
void FileDestination::close() {
  work_->closed = true;
  loop_.post([work = work_] { work->changed.notify(); });
}

Task<Outcome> FileDestination::send(const Outbound& outbound) {
  const auto work = work_;
  Outcome outcome;
  if (work->running) {
    outcome.fault = Fault{FaultCode::unreachable, settings_.directory + ": an earlier write has not returned", {}, {}};
    co_return outcome;
  }
  work->closed = false;
  work->outcome.reset();
  spawn(put(work, outbound));
  const auto end = loop_.mono() + settings_.timeout;
  while (!work->outcome && !work->closed && loop_.mono() < end) co_await work->changed.wait_for(end - loop_.mono());
  if (work->outcome) co_return std::move(*work->outcome);
  outcome.kind = Outcome::Kind::unknown;
  const auto code = work->closed ? FaultCode::connection_lost : FaultCode::no_answer;
  outcome.fault = Fault{code, settings_.directory + ": the write has not returned", {}, {}};
  co_return outcome;
}

Task<void> FileDestination::put(std::shared_ptr<Work> work, Outbound outbound) {
  work->running = true;
  auto write = [&] { return work->outbox.put(outbound.bytes.view(), outbound.id, outbound.filled); };
  auto outcome = co_await offload<Outcome>(work->loop, write);
  work->running = false;
  work->outcome = std::move(outcome);
  work->changed.notify();
}

}  // namespace myelin::file
