// Lane, between steps 9 and 10, of a route with `duplicates`: what its peer got within the window is not sent to it
// again. It is filtered and says of which message it is the repeat; what a person sends on (replay, retry) goes all the
// same.
#include <algorithm>

#include "engine/runtime/lane.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

constexpr int kPage = 500;
constexpr int kMostRecalled = 65'536;  // messages; of a longer window the newest are not looked at again

// A delivery of the same piece on the same lane before this one, or a decision of a person about it.
bool is_wanted_again(const Trace& trace, const LaneKey& lane, DeliveryId id, const Piece& piece) {
  const auto before = [&](const Delivery& other) {
    return other.id < id && other.lane.route == lane.route && other.piece == piece;
  };
  const auto decided = [&](const Attempt& attempt) { return attempt.id == id && attempt.fault.empty(); };
  return std::ranges::any_of(trace.deliveries, before) || std::ranges::any_of(trace.attempts, decided);
}

}  // namespace

// What was tried before is not looked at: it may have reached the peer, or the peer waits for it.
Task<void> Lane::look_for_repeat(Waiting& mine, Rendering& rendering) {
  if (rendering.print != Sha256{}) mine.print = rendering.print;
  if (rendering.settled || mine.attempts > 0 || mine.possible_duplicate) co_return;
  const auto seen = sent_.find(mine.print, loop_.mono());
  if (!seen) co_return;
  const auto trace = co_await store_.trace(loop_, mine.id.message());
  if (!trace || is_wanted_again(*trace, key_, mine.id, mine.piece)) co_return;
  rendering.settled = settlement_of(mine.id, State::filtered, mine.attempts, std::nullopt);
  rendering.settled->plan_hash = plan_->hash;
  rendering.settled->detail = "a duplicate: the peer got the same with message " + to_string(seen->id);
}

// The window of the process before, or of the configuration before: what was delivered is rendered once more.
Task<void> Lane::recall_sent() {
  const auto window = route_->duplicates->window;
  sent_.set_span(window);
  QueueFilter filter;
  filter.channel = key_.channel;
  filter.route = key_.route;
  filter.state = State::delivered;
  filter.limit = kPage;
  filter.after = DeliveryId::of(first_id_at(loop_.wall() - std::chrono::duration_cast<microseconds>(window)), 0);
  for (int recalled = 0; recalled < kMostRecalled && !stopping_;) {
    const auto page = co_await store_.list(loop_, filter);
    if (!page || page->empty()) co_return;
    for (const auto& delivery : *page) {
      if (stopping_) co_return;
      const auto message = co_await store_.message(loop_, delivery.id.message());
      if (message) recall_one(delivery, *message);
    }
    filter.after = page->back().id;
    recalled += static_cast<int>(page->size());
  }
}

// What a step would have to ask for is not asked again, and not known.
void Lane::recall_one(const Delivery& delivery, const Message& message) {
  const Answers none;
  const auto rendering = render(now(), {delivery.id, delivery.piece}, message, none, nullptr);
  if (rendering.settled || rendering.question) return;
  const auto age = std::max<Duration>(loop_.wall() - delivery.changed_at, Duration::zero());
  sent_.remember(rendering.print, 0, message.id, delivery.changed_at, loop_.mono() - age);
}

}  // namespace myelin::runtime
