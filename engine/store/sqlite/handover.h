// Between the loops and the writer: gathers what a loop asks for in one of its turns and hands it over once, with one
// lock and one wake-up. Settlements wake nobody; when no append comes by, a timer of the loop has them written after
// 5 ms. The part of a loop is touched on that loop's thread alone; only the list of parts is shared.
#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/loop.h"
#include "engine/store/sqlite/writer.h"

namespace myelin::sqlite {

class Handover : public std::enable_shared_from_this<Handover> {
 public:
  explicit Handover(Writer& writer) : writer_(&writer) {}

  void submit(Loop& loop, Request request, Haste haste) {
    auto& part = part_of(loop);
    const bool first = part.gathered.empty();
    part.gathered.push_back(std::move(request));
    part.hasty = part.hasty || haste == Haste::now;
    if (first) loop.post([self = shared_from_this(), at = &loop] { self->flush(*at); });
  }

  // Hands over what the loop has gathered in this turn.
  void flush(Loop& loop) {
    auto& part = part_of(loop);
    if (part.gathered.empty()) return;
    auto gathered = std::exchange(part.gathered, {});
    const auto haste = std::exchange(part.hasty, false) ? Haste::now : Haste::rides;
    if (!hand_over(gathered, haste)) return refuse(std::move(gathered));
    if (haste == Haste::now || part.timer) return;
    part.timer = true;
    loop.after(kRide, [self = shared_from_this(), at = &loop] { self->ridden_long_enough(*at); });
  }

  // After it what loops still ask for answers `stopping`; the writer may go.
  void shut() {
    const std::scoped_lock hold(lock_);
    writer_ = nullptr;
  }

 private:
  static constexpr Duration kRide = milliseconds(5);

  struct Part {
    std::vector<Request> gathered;
    bool hasty = false;
    bool timer = false;
  };

  Part& part_of(Loop& loop) {
    const std::scoped_lock hold(lock_);
    return parts_[&loop];
  }

  // Under the lock, so that after shut() nobody is on his way to the writer.
  bool hand_over(std::vector<Request>& requests, Haste haste) {
    const std::scoped_lock hold(lock_);
    if (writer_) writer_->hand_over(std::move(requests), haste);
    return writer_ != nullptr;
  }

  void ridden_long_enough(Loop& loop) {
    part_of(loop).timer = false;
    const std::scoped_lock hold(lock_);
    if (writer_) writer_->poke();
  }

  static void refuse(std::vector<Request> requests) {
    for (auto& request : requests)
      if (request.done) request.done(fail(FaultCode::stopping, "the store is closed"));
  }

  std::mutex lock_;
  std::unordered_map<Loop*, Part> parts_;  // nodes stay where they are
  Writer* writer_;
};

}  // namespace myelin::sqlite
