#include "engine/runtime/lane.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kHandOver = 64 * 1024;  // larger originals are read from the store when their turn comes
constexpr std::size_t kReadAhead = 64;
constexpr std::size_t kReadAheadBytes = 256 * 1024;
constexpr Duration kStoreRetry = seconds(1);

Settlement settlement_of(DeliveryId id, State to, int attempts, const std::optional<Fault>& fault) {
  Settlement settlement;
  settlement.id = id;
  settlement.to = to;
  settlement.attempts = attempts;
  if (fault) {
    settlement.fault = entry(fault->code).id;
    settlement.detail = fault->detail;
    if (!fault->at.empty()) settlement.detail += " (at " + fault->at + ")";
    if (!fault->place.empty()) settlement.detail += " (" + fault->place + ")";
  }
  return settlement;
}

State state_after(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::drop:
      return State::filtered;
    case Verdict::Kind::hold:
      return State::held;
    default:
      return State::parked;
  }
}

std::optional<Fault> fault_after(const Verdict& verdict) {
  if (verdict.fault || verdict.kind == Verdict::Kind::drop) return verdict.fault;
  const auto code = verdict.kind == Verdict::Kind::hold ? FaultCode::held_by_step : FaultCode::parked_by_step;
  return Fault{code, verdict.reason, {}, {}};
}

}  // namespace

Lane::Lane(Loop& loop, Store& store, LaneKey key, const Seams& seams)
    : loop_(loop), store_(store), key_(std::move(key)), seams_(seams), wake_(loop), settled_(loop) {}

void Lane::configure(std::shared_ptr<const Plan> plan, const Route& route) {
  plan_ = std::move(plan);
  route_ = &route;
  destination_ = route.connect(loop_);
  stopping_ = false;
}

Task<void> Lane::run() {
  while (co_await claim()) {
    in_flight_ = true;
    auto rendered = co_await render();
    if (rendered.settled) {
      const bool held = rendered.settled->to == State::held;
      auto reason = rendered.settled->detail;
      settle(std::move(*rendered.settled));
      if (held) co_await hold_here(std::move(reason));
      else window_.pop_front();
    } else if (!rendered.bytes.empty()) {
      auto sending = send(std::move(rendered.bytes));
      co_await sending;
    }
    in_flight_ = false;
  }
  destination_->close();
  while (unsettled_ > 0 && !store_failed_) co_await settled_.wait();
}

// 7. True: the front of the window is to be sent now. False: the lane is stopping.
Task<bool> Lane::claim() {
  while (!stopping_ && !store_failed_) {
    if (stopped_) {
      co_await wake_.wait();
    } else if (rescan_ || (window_.empty() && behind_)) {
      co_await refill();
    } else if (window_.empty()) {
      co_await wake_.wait();
    } else if (!may_run_ahead()) {
      co_await settled_.wait();
    } else if (window_.front().state == State::held) {
      co_await hold_here("the delivery at the head is held");
    } else if (const auto pause = window_.front().due - loop_.mono(); pause > Duration::zero()) {
      co_await wake_.wait_for(pause);
    } else {
      co_return true;
    }
  }
  co_return false;
}

bool Lane::may_run_ahead() const { return unsettled_ < (route_->lane.settle_each ? 1 : kUnsettled); }

// Reads what follows the window from the store. A rescan first lets what rides be written, else it would find, and
// send again, what was delivered a moment ago.
Task<void> Lane::refill() {
  if (rescan_) {
    while (unsettled_ > 0 && !store_failed_) co_await settled_.wait();
    rescan_ = false;
    window_.clear();
    cursor_ = DeliveryId{};
  }
  const auto pushed = newest_;
  auto rows = co_await store_.waiting(loop_, key_, cursor_, kLaneWindow);
  if (!rows) {
    co_await wake_.wait_for(kStoreRetry);
    co_return;
  }
  for (const auto& row : *rows) {
    const auto late = row.due - loop_.wall();
    Waiting waiting{row.id,
                    row.state,
                    loop_.mono() + std::max(Duration(late), Duration::zero()),
                    row.attempts,
                    row.possible_duplicate,
                    {},
                    {},
                    row.fault,
                    row.detail};
    if (doubtful_ > 0) {
      --doubtful_;
      waiting.possible_duplicate = true;
    }
    cursor_ = std::max(cursor_, row.id);
    window_.push_back(std::move(waiting));
  }
  // Fewer rows than asked for: all that was committed before the read has been seen, also what is finished since.
  const bool all_seen = rows->size() < static_cast<std::size_t>(kLaneWindow);
  if (all_seen) {
    cursor_ = std::max(cursor_, pushed);
    doubtful_ = 0;
  }
  behind_ = !all_seen || newest_ > cursor_;
}

// 8 and 9. Bytes to send, or a settlement that a step decided; neither when the store could not be read.
Task<Lane::Rendered> Lane::render() {
  Rendered rendered;
  auto known = co_await recall();
  if (!known) co_return rendered;
  if (window_.front().rendered) {
    rendered.bytes = *window_.front().rendered;
    co_return rendered;
  }
  if (!window_.front().original) co_await read_ahead();
  if (const auto known = window_.front().original) co_return run_plan(*known);
  const auto id = window_.front().id;
  const auto read = co_await store_.message(loop_, id.message());
  if (read) co_return run_plan(*read);
  const auto code = read.error().code;
  if (code == FaultCode::corrupt_row || code == FaultCode::not_found) {
    rendered.settled = settlement_of(id, State::parked, window_.front().attempts, read.error());
  } else {
    co_await wake_.wait_for(kStoreRetry);
  }
  co_return rendered;
}

// One read brings the originals of the next few, so that a lane that works off a backlog does not wait for a reader's
// thread at each message. What it does not bring is asked for alone.
Task<void> Lane::read_ahead() {
  std::vector<MessageId> ids;
  for (const auto& waiting : window_) {
    if (waiting.original || ids.size() == kReadAhead) break;
    ids.push_back(waiting.id.message());
  }
  auto read = co_await store_.messages(loop_, std::move(ids), kReadAheadBytes);
  if (!read) co_return;
  for (std::size_t i = 0; i < read->size(); ++i)
    window_[i].original = std::make_shared<const Message>(std::move((*read)[i]));
}

// An attempt that may have reached the peer left its bytes in the store: exactly these are repeated.
Task<Result<void>> Lane::recall() {
  auto& head = window_.front();
  if (!head.possible_duplicate || head.rendered || head.attempts == 0) co_return Result<void>();
  auto stored = co_await store_.rendered(loop_, head.id);
  if (!stored) {
    co_await wake_.wait_for(kStoreRetry);
    co_return fail(stored);
  }
  window_.front().rendered = std::move(*stored);
  co_return Result<void>();
}

Lane::Rendered Lane::run_plan(const Message& message) {
  Rendered rendered;
  const auto& head = window_.front();
  auto read = Body::read(message.bytes, plan_->charset);
  const bool unreadable = !read && read.error().code == FaultCode::bad_charset;  // the connection says another set now
  Body body = read ? std::move(*read) : Body(message.bytes);
  const Body original(body);
  Context context;
  context.message = &message;
  context.original = &original;
  auto verdict = unreadable ? Verdict{Verdict::Kind::fault, {}, read.error()} : run_steps(plan_->steps, body, context);
  // The shared steps were shown to the observer when intake ran them; here only the route's own are news.
  context.observer = seams_.observer;
  if (context.observer) context.observer->entering(*route_, head.id);
  if (verdict.kind == Verdict::Kind::pass) verdict = run_steps(route_->steps, body, context);
  if (verdict.kind == Verdict::Kind::pass) {
    auto wire = body.wire(plan_->charset, route_->charset);
    if (wire) {
      rendered.bytes = std::move(*wire);
      return rendered;
    }
    verdict = Verdict{Verdict::Kind::fault, {}, std::move(wire.error())};
  }
  auto fault = fault_after(verdict);
  rendered.settled = settlement_of(head.id, state_after(verdict), head.attempts, fault);
  rendered.settled->plan_hash = plan_->hash;
  if (!fault) rendered.settled->detail = verdict.reason;
  if (rendered.settled->to == State::parked) {
    const auto name = to_string(head.id);
    emit(EventKind::delivery_parked, {{Label::channel, key_.channel},
                                      {Label::route, key_.route},
                                      {Label::delivery, name},
                                      {Label::fault, rendered.settled->fault}});
  }
  return rendered;
}

// 10
Task<void> Lane::send(Bytes bytes) {
  const auto id = window_.front().id;
  Outbound outbound;
  outbound.bytes = bytes;
  outbound.id = id;
  const bool first_of_doubt = window_.front().possible_duplicate && window_.front().attempts == 0;
  if (first_of_doubt) {
    const auto name = to_string(id);
    emit(EventKind::delivery_possible_duplicate,
         {{Label::channel, key_.channel}, {Label::route, key_.route}, {Label::delivery, name}});
  }
  auto outcome = co_await destination_->send(outbound);
  ++window_.front().attempts;
  const double draw = seams_.draw();
  auto next = judge(outcome, route_->lane, memory_, draw);
  auto decided = decide(std::move(next), std::move(bytes));
  co_await decided;
}

// 11. Writes down what the reply table said, and changes the window alike.
Task<void> Lane::decide(Next next, Bytes sent) {
  auto& head = window_.front();
  auto settlement = settlement_of(head.id, next.to, head.attempts, next.fault);
  settlement.plan_hash = plan_->hash;
  settlement.possible_duplicate = head.possible_duplicate || next.possible_duplicate;
  head.fault = settlement.fault;
  head.detail = settlement.detail;
  if (next.to == State::delivered) {
    ++delivered_;
    window_.pop_front();
    settle(std::move(settlement));
    co_return;
  }
  const auto name = to_string(head.id);
  const auto pause_ms = std::chrono::duration_cast<milliseconds>(next.pause).count();
  const auto kind = next.to == State::parked ? EventKind::delivery_parked : EventKind::delivery_retry;
  emit(kind, {{Label::channel, key_.channel},
              {Label::route, key_.route},
              {Label::delivery, name},
              {Label::fault, settlement.fault},
              {Label::attempt, static_cast<std::int64_t>(head.attempts)},
              {Label::ms, static_cast<std::int64_t>(pause_ms)}});
  if (next.possible_duplicate) {
    head.possible_duplicate = true;
    head.rendered = sent;
    settlement.rendered = sent;
  }
  if (next.to == State::parked) {
    window_.pop_front();
    settle(std::move(settlement));
    co_return;
  }
  head.due = loop_.mono() + next.pause;
  settlement.due = loop_.wall() + std::chrono::duration_cast<microseconds>(next.pause);
  auto reason = settlement.fault + " " + settlement.detail;
  settle(std::move(settlement));
  if (next.to == State::held) co_await hold_here(std::move(reason));
}

void Lane::settle(Settlement settlement) {
  ++unsettled_;
  // Half of what may be behind is behind: the commit runs while the other half is sent, so the lane never stands.
  settlement.now = route_->lane.settle_each || unsettled_ % (kUnsettled / 2) == 0;
  store_.settle(loop_, std::move(settlement), [this](Result<void> settled) {
    --unsettled_;
    // A row that a person changed meanwhile is in another state; the queue is read anew. Anything else is the store's
    // end.
    if (!settled && settled.error().code == FaultCode::wrong_state) rescan_ = true;
    else if (!settled) store_failed_ = true;
    settled_.notify();
    if (rescan_ || store_failed_) wake_.notify();
  });
}

// The lane stands, durably, with this message at its head.
Task<void> Lane::hold_here(std::string reason) {
  window_.front().state = State::held;
  emit(EventKind::lane_held, {{Label::channel, key_.channel}, {Label::route, key_.route}, {Label::reason, reason}});
  LaneStop stop{key_, loop_.wall(), std::move(reason), "engine"};
  stopped_ = stop;
  auto written = co_await store_.stop_lane(loop_, std::move(stop));
  if (!written) store_failed_ = true;
}

void Lane::stop() {
  stopping_ = true;
  wake_.notify();
  settled_.notify();
}

void Lane::abandon() { destination_->close(); }

void Lane::push(DeliveryId id, std::shared_ptr<const Message> original) {
  newest_ = std::max(newest_, id);
  // Routed late, after a person released it: its place is before what came later, so the queue is read anew.
  if (id <= cursor_) rescan_ = true;
  if (behind_ || rescan_ || window_.size() >= static_cast<std::size_t>(kLaneWindow)) {
    behind_ = true;
    wake_.notify();
    return;
  }
  Waiting waiting;
  waiting.id = id;
  if (original->bytes.size() <= kHandOver) waiting.original = std::move(original);
  cursor_ = id;
  window_.push_back(std::move(waiting));
  if (window_.size() == 1 && !in_flight_) wake_.notify();
}

void Lane::set_stopped(std::optional<LaneStop> stop) {
  stopped_ = std::move(stop);
  if (!stopped_) memory_ = LaneMemory{};
  wake_.notify();
}

void Lane::rescan() {
  rescan_ = true;
  wake_.notify();
}

void Lane::hurry() {
  if (!in_flight_ && !window_.empty()) window_.front().due = loop_.mono();
  memory_.failures = 0;
  wake_.notify();
}

LaneView Lane::view() const {
  LaneView view;
  view.lane = key_;
  view.destination = route_ ? route_->destination : std::string();
  view.in_flight = in_flight_;
  view.behind = behind_;
  view.in_memory = static_cast<int>(window_.size());
  view.stopped = stopped_;
  if (window_.empty()) return view;
  const auto& head = window_.front();
  view.head = head.id;
  view.head_attempts = head.attempts;
  if (head.due > loop_.mono())
    view.next_attempt = loop_.wall() + std::chrono::duration_cast<microseconds>(head.due - loop_.mono());
  view.last_fault = head.fault;
  view.last_detail = head.detail;
  return view;
}

}  // namespace myelin::runtime
