#include "engine/runtime/owed.h"

#include <algorithm>
#include <utility>

#include "engine/base/event.h"
#include "engine/hl7/ack.h"
#include "engine/runtime/answers.h"
#include "engine/runtime/renamed.h"
#include "engine/runtime/replies.h"
#include "engine/runtime/reply.h"

namespace myelin::runtime {
namespace {

constexpr int kPage = 1000;
constexpr Duration kLeast = seconds(1);  // after a start the answer may be on its way

Outcome outcome_of(const hl7::Answer& answer, Bytes bytes) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::refused;  // also where its code is none: the peer had its say
  outcome.response = std::move(bytes);
  judge_code(outcome, answer.code);
  return outcome;
}

}  // namespace

Owed::Owed(Loop& loop, Store& store, const Seams& seams, Askers& askers, AnswerDesk* desk, Returned returned)
    : loop_(loop),
      store_(store),
      seams_(seams),
      askers_(askers),
      desk_(desk),
      returned_(std::move(returned)),
      taken_(loop),
      working_(loop) {}

Owed::~Owed() {
  for (const auto& [id, entry] : entries_) {
    loop_.cancel(entry.timer);
    if (desk_) desk_->forget(id, plan_->channel);
  }
}

void Owed::use(std::shared_ptr<const Plan> plan) {
  plan_ = std::move(plan);
  for (auto& each : entries_) each.second.lane = name_now(*plan_, each.second.lane);
}

Task<Result<void>> Owed::recall() {
  QueueFilter filter;
  filter.channel = plan_->channel;
  filter.state = State::awaiting_reply;
  filter.limit = kPage;
  filter.after = recalled_;
  for (;;) {
    const auto rows = co_await store_.list(loop_, filter);
    if (!rows) co_return fail(Fault(rows.error()));
    if (rows->empty()) co_return Result<void>();
    for (const auto& row : *rows) {
      const auto sent = co_await store_.rendered(loop_, row.id);
      const bool damaged = !sent && sent.error().code == FaultCode::corrupt_row;
      if (!sent && !damaged) co_return fail(Fault(sent.error()));
      filter.after = recalled_ = row.id;
      if (damaged) {
        auto parking = park_damaged(row, sent.error());
        [[maybe_unused]] const bool parked = co_await parking;  // else a person was faster, or the store has failed
        continue;
      }
      Outcome::Owed owed;
      owed.within = std::max<Duration>(row.due - loop_.wall(), kLeast);
      if (*sent)
        if (const auto header = hl7::read_header((*sent)->view())) {
          owed.id = header->control_id;
          owed.silence_is_good = header->application_ack == "ER";
        }
      if (owed.id.empty()) owed.id = to_string(row.id);  // nobody can answer that, so it only waits for its time
      expect(row.lane, row.id, row.attempts, owed);
    }
  }
}

Task<bool> Owed::park_damaged(const Delivery& row, Fault fault) {
  const auto name = to_string(row.id);
  emit(EventKind::delivery_parked, {{Label::channel, row.lane.channel},
                                    {Label::route, row.lane.route},
                                    {Label::delivery, name},
                                    {Label::fault, myelin::entry(fault.code).id}});
  Entry entry;
  entry.delivery = row.id;
  entry.lane = row.lane;
  entry.attempts = row.attempts;
  auto settling = settle(std::move(entry), State::parked, Duration::zero(), std::move(fault), std::nullopt);
  co_return co_await settling;
}

std::string Owed::begin(const Bytes& sent) {
  const auto header = desk_ ? hl7::read_header(sent.view()) : Result<hl7::Header>(fail(FaultCode::not_hl7, {}));
  if (!header) return {};
  const auto asks = header->application_ack;
  if (asks != "AL" && asks != "SU" && asks != "ER") return {};
  std::string id(header->control_id);
  ++in_flight_[id];
  desk_->expect(id, plan_->channel);
  return id;
}

void Owed::sent(const std::string& id) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return;
  if (--at->second == 0) in_flight_.erase(at);
  desk_->forget(id, plan_->channel);
  for (auto* waiting : std::exchange(fast_, {})) waiting->set(true);
}

void Owed::expect(LaneKey lane, DeliveryId id, int attempts, const Outcome::Owed& owed) {
  Entry entry;
  entry.delivery = id;
  entry.lane = std::move(lane);
  entry.attempts = attempts;
  entry.silence_is_good = owed.silence_is_good;
  entry.until = loop_.mono() + owed.within;
  add(owed.id, std::move(entry));
}

void Owed::add(std::string id, Entry entry) {
  const auto left = std::max(entry.until - loop_.mono(), Duration::zero());
  entry.timer = loop_.after(left, [this, id, delivery = entry.delivery] { expire(id, delivery); });
  if (desk_) desk_->expect(id, plan_->channel);
  entries_.emplace(std::move(id), std::move(entry));
}

Owed::Entry Owed::leave(Entries::iterator at) {
  auto entry = std::move(at->second);
  loop_.cancel(entry.timer);
  if (desk_) desk_->forget(at->first, plan_->channel);
  entries_.erase(at);
  return entry;
}

void Owed::expire(const std::string& id, DeliveryId delivery) {
  auto [at, end] = entries_.equal_range(id);
  while (at != end && at->second.delivery != delivery) ++at;
  if (at != end) working_.spawn(settle_silence(leave(at)));
}

Task<void> Owed::settle_silence(Entry entry) {
  const auto to = entry.silence_is_good ? State::delivered : State::parked;
  std::optional<Fault> fault;
  if (!entry.silence_is_good)
    fault = Fault{FaultCode::no_reply, "the peer has it (CA), its application has not answered", {}, {}};
  Fate fate;
  fate.state = to;
  fate.fault = fault;
  askers_.tell(entry.delivery, std::move(fate));
  auto settling = settle(std::move(entry), to, Duration::zero(), std::move(fault), std::nullopt);
  [[maybe_unused]] const bool settled = co_await settling;  // else a person was faster, or the store has failed
}

Task<bool> Owed::take(Bytes answer, LaneKey of) {
  ++taking_;
  auto taking = take_answer(std::move(answer), std::move(of));
  const bool taken = co_await taking;
  if (--taking_ == 0) taken_.notify();
  co_return taken;
}

Task<void> Owed::end() {
  while (taking_ > 0) co_await taken_.wait();
  co_await working_.join();
}

Task<Owed::Entries::iterator> Owed::find(std::string id, LaneKey of) {
  for (;;) {
    auto [at, end] = entries_.equal_range(id);
    while (at != end && !of.route.empty() && at->second.lane.route != of.route) ++at;
    if (at != end) co_return at;
    if (!in_flight_.contains(id)) co_return entries_.end();
    Completion<bool> told;
    fast_.push_back(&told);
    co_await told;
  }
}

Task<bool> Owed::take_answer(Bytes bytes, LaneKey of) {
  const auto answer = hl7::read_answer(bytes.view());
  if (!answer) co_return false;
  auto finding = find(answer->message_id, std::move(of));
  const auto at = co_await finding;
  if (at == entries_.end()) co_return false;
  auto judging = judge_answer(answer->message_id, leave(at), outcome_of(*answer, std::move(bytes)));
  co_return co_await judging;
}

Task<bool> Owed::judge_answer(std::string id, Entry entry, Outcome outcome) {
  const auto plan = plan_;
  const auto* route = plan->find_route(entry.lane.route);
  const LanePolicy policy = route ? route->lane : LanePolicy();
  LaneMemory memory;
  memory.refusals = std::max(entry.attempts - 1, 0);
  const bool told = can_be_told(*plan, outcome.response);
  const auto next = judge(outcome, policy, memory, seams_.draw(), askers_.asked(entry.delivery) && told);
  bool settled = false;
  if (desk_ && route && !route->answers.empty() && next.to == State::delivered) {
    const HandOver delivery{entry.delivery, entry.attempts};
    auto handing = hand_answer(loop_, *desk_, route->answers, delivery, outcome.response);
    const auto handed = co_await handing;
    settled = handed == Handed::settled;
    if (handed == Handed::later) {  // the peer may say it again
      add(std::move(id), std::move(entry));
      co_return false;
    }
  }
  if (next.to != State::queued) {
    Fate fate;
    fate.state = next.to;
    fate.answered = told;
    fate.code = outcome.code;
    fate.response = outcome.response;
    if (next.to != State::delivered) fate.fault = next.fault;
    askers_.tell(entry.delivery, std::move(fate));
  }
  if (settled) co_return true;
  auto settling = settle(std::move(entry), next.to, next.pause, next.fault, next.answer);
  co_return co_await settling;
}

Destination::LateAnswers Owed::late_answers(const LaneKey& lane) {
  Destination::LateAnswers late;
  if (!desk_) return late;
  late.owed = [desk = desk_, lane](const std::string& id) { return desk->owes(id, lane.channel); };
  late.take = [desk = desk_, &loop = loop_, lane](Bytes answer) { return desk->take(loop, std::move(answer), lane); };
  return late;
}

Task<bool> Owed::settle(Entry entry, State to, Duration pause, std::optional<Fault> fault,
                        std::optional<Bytes> answer) {
  Settlement settlement;
  settlement.answer = std::move(answer);
  settlement.id = entry.delivery;
  settlement.to = to;
  settlement.attempts = entry.attempts;
  settlement.now = true;
  settlement.plan_hash = plan_->hash;
  const auto* route = plan_->find_route(entry.lane.route);
  settlement.keep = to == State::delivered && route && route->keeps_sent;
  if (to == State::queued) settlement.due = loop_.wall() + std::chrono::duration_cast<microseconds>(pause);
  if (fault) {
    settlement.fault = myelin::entry(fault->code).id;
    settlement.detail = fault->detail;
  }
  Completion<Result<void>> done;
  store_.settle(loop_, std::move(settlement), [&done](Result<void> result) { done.set(std::move(result)); });
  const auto settled = co_await done;
  // By the name of now: it may have been called otherwise while its answer was handed over.
  if (settled && returned_ && (to == State::queued || to == State::held))
    returned_(name_now(*plan_, entry.lane), entry.delivery);
  co_return settled.has_value();
}

}  // namespace myelin::runtime
