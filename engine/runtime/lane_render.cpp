// Lane, steps 8 and 9: from the stored original to the bytes that are sent.
#include <utility>

#include "engine/base/last_hold.h"
#include "engine/base/offload.h"
#include "engine/runtime/intake.h"
#include "engine/runtime/lane.h"
#include "engine/runtime/settlement.h"

namespace myelin::runtime {
namespace {

constexpr std::size_t kReadAhead = 64;
constexpr std::size_t kReadAheadBytes = 256 * 1024;

Rendering unreadable(const RenderedFor& delivery, const Fault& fault) {
  Rendering rendering;
  rendering.settled = settlement_of(delivery.id, State::parked, delivery.attempts, fault);
  return rendering;
}

}  // namespace

// 8 and 9. A fault: the store could not be read, or the lane stops; later then.
Task<Result<Rendering>> Lane::rendering_of(Session& session, Waiting& mine) {
  LastHold last;
  Rendering rendering;
  const bool kept = mine.possible_duplicate || (route_->collect && mine.attempts > 0);
  if (kept && !mine.rendered) {
    auto known = co_await recall(mine);
    // Damaged: what the peer may have got is not known any more, so a person decides what goes.
    if (!known && known.error().code == FaultCode::corrupt_row)
      co_return unreadable(mine.rendered_for(), known.error());
    if (!known) co_return fail(known);
  }
  // A hand-over takes along what is known of the message, so it is looked at again.
  const bool hands_over = session.destination && session.destination->settles();
  const bool compares = route_->duplicates && mine.print == Sha256{};
  if (mine.rendered && route_->fillings.empty() && !hands_over && !compares) {
    rendering.bytes = *mine.rendered;
    co_return rendering;
  }
  if (!mine.original && !mine.being_read) co_await read_ahead(mine);
  session.awaits_original = true;
  while (mine.being_read) co_await session.wake.wait();
  session.awaits_original = false;
  if (const auto known = mine.original) {
    last.take(known->bytes);
    co_return co_await work_out(session, mine, *known);
  }
  const auto read = co_await store_.message(loop_, mine.id.message());
  if (read) {
    last.take(read->bytes);
    co_return co_await work_out(session, mine, *read);
  }
  const auto code = read.error().code;
  if (code == FaultCode::corrupt_row || code == FaultCode::not_found)
    co_return unreadable(mine.rendered_for(), read.error());
  co_return fail(Fault(read.error()));
}

// One read brings the originals of the next few, so that a lane that works off a backlog does not wait for a reader's
// thread at each message. What it does not bring is asked for alone.
Task<void> Lane::read_ahead(Waiting& mine) {
  std::vector<MessageId> ids;
  std::vector<DeliveryId> wanted;
  for (auto at = window_.find(mine.id); at != window_.end() && ids.size() < kReadAhead; ++at) {
    auto& waiting = at->second;
    if (waiting.original || waiting.being_read) continue;
    waiting.being_read = true;
    wanted.push_back(waiting.id);
    ids.push_back(waiting.id.message());
  }
  auto read = co_await store_.messages(loop_, std::move(ids), kReadAheadBytes);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto at = window_.find(wanted[i]);
    if (at == window_.end()) continue;
    at->second.being_read = false;
    if (read && i < read->size())
      window_.keep_original(at->second, std::make_shared<const Message>(std::move((*read)[i])));
  }
  for (auto& session : sessions_)
    if (session->awaits_original) session->wake.notify();
}

// An attempt that may have reached the peer left its bytes in the store: exactly these are repeated.
Task<Result<void>> Lane::recall(Waiting& mine) {
  auto stored = co_await store_.rendered(loop_, mine.id);
  if (!stored) co_return fail(stored);
  mine.rendered = std::move(*stored);
  co_return Result<void>();
}

// Steps are pure, so where one of them wants to know something, all are run again with the answer. What is asked while
// the lane stops is no answer: the message goes on waiting.
Task<Result<Rendering>> Lane::work_out(Session& session, Waiting& mine, const Message& message) {
  Answers answers;
  for (;;) {
    auto working = work_out_once(mine, message, answers);
    auto rendering = co_await working;
    if (!rendering.question) co_return rendering;
    const auto call = rendering.question->call;
    auto asking = ask(session, mine, std::move(*rendering.question));
    auto outcome = co_await asking;
    if (stopping_) co_return fail(FaultCode::stopping, "");
    answers.insert_or_assign(call, std::move(outcome));
  }
}

// Of a large one only what is sent is kept; should it be rendered again, it is read again.
Task<Rendering> Lane::work_out_once(Waiting& mine, const Message& message, const Answers& answers) {
  // An observer is shown the steps once, when all is known that they ask for.
  const bool quiet = seams_.observer != nullptr && answers.size() < route_->calls.size();
  Rendering rendering;
  if (quiet) rendering = render(now(), mine.rendered_for(), message, answers, nullptr);
  if (rendering.question) co_return rendering;
  if (message.bytes.size() <= kWorkOffLoop || seams_.observer != nullptr) {
    rendering = render(now(), mine.rendered_for(), message, answers, seams_.observer);
  } else {
    auto work = [&] { return render(now(), mine.rendered_for(), message, answers, nullptr); };
    auto working = offload<Rendering>(loop_, work, Offload::large());
    rendering = co_await working;
    if (!rendering.question) window_.drop_original(mine);
  }
  const bool goes = !rendering.question && !rendering.settled;
  if (goes && mine.rendered) rendering.bytes = *mine.rendered;
  co_return rendering;
}

}  // namespace myelin::runtime
