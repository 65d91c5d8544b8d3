// What is answered on a connection: to a message, to each of a batch, to what is refused; at once, or when the peer of
// a route has spoken. One answer is one write.
#include "adapters/mllp/session.h"
#include "adapters/options/kept.h"
#include "engine/base/sabotage.h"
#include "engine/hl7/ack.h"
#include "engine/hl7/batch.h"
#include "engine/model/facts.h"

namespace myelin::mllp {
namespace {

using hl7::Habit;

// HL7 table 0155.
bool is_wanted(std::string_view condition, bool good) {
  return condition == "AL" || (condition == "ER" && !good) || (condition == "SU" && good);
}

}  // namespace

Task<bool> Session::answer(Bytes bytes) {
  // The peer has our answer. What it has not, it asks for by sending its message again.
  if (settings_.commit_blocks && commit_of(bytes.view())) co_return true;
  if (hl7::begins_batch(bytes.view())) {
    auto answering = answer_batch(bytes);
    co_return co_await answering;
  }
  Received received{bytes, stream_->peer()};
  received.facts = facts();
  received.asks = true;
  received.sequenced = settings_.sequence != MllpSettings::Sequence::off;
  early_ = false;
  if (settings_.ack_as_msh_asks || settings_.commit_blocks)
    received.committed = [this, bytes](const Receipt& stored) { say_early(bytes, stored); };
  const auto receipt = co_await intake_.accept(std::move(received));
  co_await early_writes_.join();
  std::string framed(early_ ? std::string_view() : commit_block(receipt));
  // Of what is not committed nothing more is said.
  if (framed != kNotCommitted)
    for (const auto& ack : render(bytes.view(), receipt, early_ ? Part::application : Part::all)) framed += frame(ack);
  if (framed.empty()) co_return true;
  co_return co_await write(std::move(framed));
}

std::string Session::facts() const {
  std::string facts;
  if (const auto user = stream_->certified_name(); !user.empty()) add_fact(facts, "user", user);
  return facts;
}

// The commit block and CA do not wait for the application: the sender need not keep the message any longer.
void Session::say_early(const Bytes& bytes, const Receipt& receipt) {
  early_ = true;
  std::string framed(commit_block(receipt));
  for (const auto& ack : render(bytes.view(), receipt, Part::acceptance)) framed += frame(ack);
  if (!framed.empty()) early_writes_.spawn(write_early(std::move(framed)));
}

Task<void> Session::write_early(std::string framed) {
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  if (!written) write_failed(written.error());
}

// What goes before the answer, in release 2.
std::string_view Session::commit_block(const Receipt& receipt) const {
  if (!settings_.commit_blocks) return {};
  return is_kept(receipt) ? kCommitted : kNotCommitted;
}

// Each message is taken or refused for itself, and all are answered in one batch. A batch that is not whole is refused
// as one, before anything of it is taken. From the first on that the engine cannot take now all are refused alike, so
// that none passes those before it when the sender repeats them; in release 2 the whole batch is then not committed,
// and what was stored of it is known when it comes again.
Task<bool> Session::answer_batch(Bytes bytes) {
  const auto file = hl7::split_batch(bytes.view());
  const auto incomplete = hl7::check_batch(file);
  if (incomplete) report(incomplete->code, incomplete->detail, std::string(bytes.view()));
  std::vector<std::string> acks;
  std::optional<Receipt> not_kept;
  for (const auto& batch : file.batches) {
    for (const auto message : batch.messages) {
      Receipt receipt;
      receipt.fault = incomplete;
      if (not_kept) {
        receipt = *not_kept;
      } else if (!incomplete) {
        Received received{Bytes(std::string(message)), stream_->peer()};
        received.batch = hl7::headers_of(file, batch);
        received.facts = facts();
        received.asks = true;
        received.sequenced = settings_.sequence != MllpSettings::Sequence::off;
        receipt = co_await intake_.accept(std::move(received));
        if (!is_kept(receipt)) not_kept = receipt;
      }
      std::string ack;
      for (const auto& one : render(message, receipt)) ack += one;
      acks.push_back(std::move(ack));
    }
  }
  if (settings_.commit_blocks && not_kept) co_return co_await write(std::string(kNotCommitted));
  const auto id = to_string(ids_.next(loop_.wall()));
  hl7::BatchAckFacts facts;
  facts.id = id;
  facts.when = loop_.wall();
  if (incomplete) facts.comment = entry(incomplete->code).title;
  auto framed = frame(hl7::make_batch_ack(file, acks, facts));
  if (settings_.commit_blocks) framed.insert(0, kCommitted);
  co_return co_await write(std::move(framed));
}

Task<bool> Session::refuse_too_large(std::string head) {
  const auto detail = "a frame of more than " + std::to_string(settings_.max_frame) + " bytes (`max_frame`)";
  Receipt receipt;
  receipt.incident = report(FaultCode::frame_too_large, detail, std::string());
  receipt.received_at = loop_.wall();
  receipt.fault = Fault{FaultCode::frame_too_large, detail, {}, {}};
  std::string framed;
  for (const auto& ack : render(head, receipt)) framed += frame(ack);
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  if (!written) write_failed(written.error());
  reason_ = "frame too large";
  co_return false;
}

// The answer of delivery.md's table. A repeated message gets the same bytes: only what was stored goes into them.
std::vector<std::string> Session::render(std::string_view content, const Receipt& receipt, Part part) {
  const bool stored = receipt.kind != Receipt::Kind::refused;
  const bool taken = stored && !receipt.given_back;
  const auto id = to_string(receipt.known_as().value != 0 ? receipt.known_as() : ids_.next(loop_.wall()));
  hl7::AckFacts facts;
  facts.code = receipt.code.empty() ? std::string_view("AA") : std::string_view(receipt.code);
  if (!stored) facts.code = receipt.fault ? entry(receipt.fault->code).ack : std::string_view("AE");
  facts.id = id;
  facts.when = receipt.received_at == WallTime() ? loop_.wall() : receipt.received_at;
  facts.expected = receipt.expected;
  facts.fault = !receipt.good() && receipt.fault ? &*receipt.fault : nullptr;

  std::string_view accept, application;
  const auto header = hl7::read_header(content);
  if (header && settings_.ack_as_msh_asks) {
    accept = header->accept_ack;
    application = header->application_ack;
  }
  // Both empty is original mode; one empty is NE (HL7 v2.8.2, 2.9.3).
  std::vector<std::string> acks;
  // The application's answer: a peer's own, or ours.
  const auto answer = [&] {
    if (receipt.answer) return std::string(receipt.answer->view());
    auto ack = hl7::make_ack(content, facts);
    return receipt.shape ? std::string(receipt.shape(Bytes(std::move(ack))).view()) : ack;
  };
  // An acknowledgement is accepted where it asks for that, and never acknowledged as an application does.
  const bool ends_here = receipt.is_answer || (header && header->is_ack());
  if (accept.empty() && application.empty()) {
    if (!ends_here && part != Part::acceptance) acks.push_back(answer());
    return acks;
  }
  if (part != Part::application && is_wanted(accept, taken)) {
    auto accepted = facts;
    accepted.code = taken ? "CA" : facts.code == "AR" ? "CR" : "CE";
    accepted.fault = taken ? nullptr : facts.fault;
    acks.push_back(hl7::make_ack(content, accepted));
  }
  const auto application_id = id + "A";
  if (part != Part::acceptance && !ends_here && is_wanted(application, receipt.good())) {
    facts.id = application_id;
    acks.push_back(answer());
  }
  return acks;
}

Task<bool> Session::refuse(Bytes bytes, Habit habit) {
  const auto& known = hl7::entry_of(habit);
  const auto detail = std::string(known.name) + ": " + std::string(known.doc);
  Receipt receipt;
  receipt.incident = report(FaultCode::habit_refused, detail, std::string(bytes.view()));
  receipt.received_at = loop_.wall();
  receipt.fault = Fault{FaultCode::habit_refused, detail, {}, {}};
  std::string framed(commit_block(receipt));
  for (const auto& ack : render(bytes.view(), receipt)) framed += frame(ack);
  co_return co_await write(std::move(framed));
}

Task<bool> Session::write(std::string framed) {
  if (frames_ == 1 && stream_->ended()) {
    const std::vector<Habit> half(1, Habit::half_closed);
    bears(half);
  }
  const auto written = co_await stream_->write_all(framed, settings_.write_timeout);
  fault_site(FaultSite::answer_written);
  co_return written || write_failed(written.error());
}

bool Session::write_failed(net::StreamError error) {
  if (error == net::StreamError::timeout) bears({Habit::answer_unread});
  reason_ =
      error == net::StreamError::timeout ? "the peer does not read its answer" : "the peer left before its answer";
  return false;
}

}  // namespace myelin::mllp
