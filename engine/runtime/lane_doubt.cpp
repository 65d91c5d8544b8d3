// Lane, after an unclean end and before anything is sent: which deliveries the process before may have sent although
// the store still has them as waiting (Doubt, order.h). They are marked in the store, with the bytes that it would have
// sent: whatever becomes of this process or of the configuration, each is then repeated as it was, and says so.
//
// Limits: what a step has to ask another system for is not asked again for this; such a delivery is only marked, and
// rendered when its turn comes. So is what the former plan cannot render, or is not known for.
#include <algorithm>
#include <utility>

#include "engine/base/offload.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/lane.h"

namespace myelin::runtime {
namespace {

constexpr Duration kStoreRetry = seconds(1);
constexpr std::size_t kMarkedAtOnce = 256;                  // rows in one transaction …
constexpr std::size_t kMarkedBytes = std::size_t{1} << 20;  // … or so many bytes

}  // namespace

// False: the store could not be asked. Cut off anywhere it is done again by the next run(), or the next process.
Task<bool> Lane::decide_doubt() {
  auto looking = doubtful(*doubt_);
  auto rows = co_await looking;
  Result<void> decided;
  if (!rows) decided = fail(Fault(rows.error()));
  if (decided) {
    auto marking = mark(std::move(*rows));
    decided = co_await marking;
  }
  if (decided) {
    auto ending = store_.end_doubt(loop_, key_);
    decided = co_await ending;
  }
  if (!decided) {
    if (!stopping_) co_await wake_.wait_for(kStoreRetry);
    co_return false;
  }
  doubt_.reset();
  former_ = nullptr;
  co_return true;
}

// In the order of ids; a batch of `collect` was written down before it went.
Task<Result<std::vector<Delivery>>> Lane::doubtful(DeliveryId up_to) {
  std::vector<Delivery> found;
  if (sessions_.front()->destination->settles()) co_return found;
  Doubt doubt(route_->lane.parallel, route_->priority != nullptr);
  const int most = route_->collect ? kPriorityWindow + route_->collect->count : kPriorityWindow;
  DeliveryId after;
  bool over = false;
  for (int looked = 0; !over && looked < most; looked += kLaneWindow) {
    const auto rows = co_await store_.waiting(loop_, key_, after, kLaneWindow);
    if (!rows) co_return fail(Fault(rows.error()));
    for (const auto& row : *rows) {
      after = row.id;
      over = over || row.id > up_to;
      if (over) break;
      const bool tried = row.attempts > 0;
      const bool waited = row.state == State::held || tried || !route_->after.empty() || stands(row.lane.key);
      const bool may_have_gone = route_->collect ? tried && row.state == State::queued
                                                 : doubt.may_have_been_sent(row.lane.key, waited, row.priority);
      if (may_have_gone) found.push_back(row);
      over = doubt.over();
    }
    over = over || rows->size() < static_cast<std::size_t>(kLaneWindow);
  }
  co_return found;
}

// It waited for another route, which has not delivered the message yet.
bool Lane::cannot_have_gone(const Delivery& row, const Trace& trace) const {
  return row.attempts == 0 && std::ranges::any_of(trace.deliveries, [this](const Delivery& other) {
           return is_of_route(other.lane.route, route_->after) && !finished(other.state);
         });
}

Task<Result<void>> Lane::mark(std::vector<Delivery> rows) {
  const auto* route = former_ ? former_->find_route(route_->name) : nullptr;
  if (former_ && !route && !route_->was.empty()) route = former_->find_route(route_->was);
  const RenderedBy by = route ? RenderedBy{*former_, *route} : now();
  std::vector<Doubtful> marked;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    if (!route_->after.empty()) {
      const auto trace = co_await store_.trace(loop_, row.id.message());
      if (trace && cannot_have_gone(row, *trace)) continue;
    }
    Doubtful doubtful;
    doubtful.id = row.id;
    doubtful.plan_hash = by.plan.hash;
    if (!route_->collect) {
      auto rendering = as_it_went(row, by);
      doubtful.rendered = co_await rendering;
    }
    bytes += doubtful.rendered ? doubtful.rendered->size() : 0;
    marked.push_back(std::move(doubtful));
    if (marked.size() < kMarkedAtOnce && bytes < kMarkedBytes) continue;
    bytes = 0;
    auto some = std::exchange(marked, {});
    auto written = co_await store_.doubt(loop_, std::move(some));
    if (!written) co_return fail(written);
  }
  if (marked.empty()) co_return Result<void>();
  auto written = co_await store_.doubt(loop_, std::move(marked));
  co_return written;
}

// Nothing, where that cannot be said without asking anybody.
Task<std::optional<Bytes>> Lane::as_it_went(const Delivery& row, RenderedBy by) {
  const auto message = co_await store_.message(loop_, row.id.message());
  if (!message) co_return std::nullopt;
  const Answers none;
  auto work = [&] { return render(by, {row.id, row.piece}, *message, none, nullptr); };
  Rendering rendering;
  if (message->bytes.size() > kWorkOffLoop) rendering = co_await offload<Rendering>(loop_, work, Offload::large());
  else rendering = work();
  if (rendering.settled || rendering.question) co_return std::nullopt;
  co_return std::optional<Bytes>(std::move(rendering.bytes));
}

}  // namespace myelin::runtime
