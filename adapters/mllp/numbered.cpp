#include "adapters/mllp/numbered.h"

#include <charconv>
#include <vector>

#include "engine/hl7/ack.h"

namespace myelin::mllp {
namespace {

constexpr std::size_t kControlId = 9, kSequence = 12;  // MSH-10 and 13: MSH-2 is the second part of the line
constexpr std::int64_t kStart = 0, kAnew = -1;

struct Line {
  std::vector<std::string> parts;
  char separator = '|';
  std::string_view rest;  // from its end on
};

Line split(std::string_view message) {
  Line line;
  const auto begin = std::min(message.find("MSH"), message.size());
  if (message.size() < begin + 4) return line;
  line.separator = message[begin + 3];
  const auto end = std::min(message.find_first_of("\r\n", begin), message.size());
  line.rest = message.substr(end);
  auto text = message.substr(0, end);
  for (;;) {
    const auto at = text.find(line.separator);
    line.parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return line;
    text.remove_prefix(at + 1);
  }
}

std::string joined(const Line& line) {
  std::string text;
  for (const auto& part : line.parts) text.append(text.empty() ? "" : std::string(1, line.separator)).append(part);
  return text;
}

void put(Line& line, std::size_t part, std::string_view text) {
  if (line.parts.size() <= part) line.parts.resize(part + 1);
  line.parts[part] = text;
}

// MSA-4 of an answer.
std::optional<std::int64_t> expected_in(const Outcome& outcome) {
  const auto answer = hl7::read_answer(outcome.response.view());
  if (!answer) return std::nullopt;
  const std::string_view text = answer->expected;
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Outcome out_of_sequence(Outcome outcome, std::string detail) {
  outcome.kind = Outcome::Kind::refused;
  outcome.fault = Fault{FaultCode::out_of_sequence, std::move(detail), "MSA-4", {}};
  return outcome;
}

std::string mismatch(std::int64_t ours, std::int64_t theirs) {
  return "the next number is " + std::to_string(ours) + ", and the peer expects " + std::to_string(theirs);
}

}  // namespace

std::string with_number(std::string_view message, std::int64_t number) {
  auto line = split(message);
  put(line, kSequence, std::to_string(number));
  return joined(line).append(line.rest);
}

std::string header_alone(std::string_view message, std::int64_t number, std::string_view id) {
  auto line = split(message);
  put(line, kControlId, id);
  put(line, kSequence, std::to_string(number));
  return joined(line).append("\r");
}

Task<Outcome> NumberedDestination::send(const Outbound& outbound) {
  if (!next_) {
    auto beginning = begin(outbound);
    auto instead = co_await beginning;
    if (instead) co_return std::move(*instead);
  }
  auto numbered = outbound;
  numbered.bytes = Bytes(with_number(outbound.bytes.view(), *next_));
  sent_ = outbound.id;
  sent_as_ = *next_;
  auto sending = inner_->send(numbered);
  auto outcome = co_await sending;
  co_return conclude(outbound, std::move(outcome));
}

// Nothing: the message goes next.
Task<std::optional<Outcome>> NumberedDestination::begin(const Outbound& outbound) {
  auto asking = send_header(outbound, kStart);
  auto answer = co_await asking;
  if (answer.kind == Outcome::Kind::unreachable) co_return std::move(answer);
  const auto expected = expected_in(answer);
  if (!expected) co_return out_of_sequence(std::move(answer), "the peer does not say which number it expects");
  const auto last = outbound.sequence;
  // It came, and its answer was lost.
  const auto number = sent_ == outbound.id && sent_as_ != 0 ? sent_as_ : last == 0 ? 0 : last + 1;
  if (outbound.in_doubt && number != 0 && *expected == number + 1) {
    next_ = *expected;
    answer.kind = Outcome::Kind::accepted;
    answer.fault.reset();
    answer.sequence = number;
    co_return std::move(answer);
  }
  if (*expected == kAnew || (*expected > 0 && (last == 0 || *expected == last + 1))) {
    next_ = *expected == kAnew ? last + 1 : *expected;
    co_return std::nullopt;
  }
  if (!resynchronise_) co_return out_of_sequence(std::move(answer), mismatch(last + 1, *expected));
  auto beginning = send_header(outbound, kAnew);
  auto begun = co_await beginning;
  if (begun.kind == Outcome::Kind::unreachable) co_return std::move(begun);
  if (begun.kind != Outcome::Kind::accepted)
    co_return out_of_sequence(std::move(begun), "the peer does not begin its numbers anew");
  next_ = last + 1;
  co_return std::nullopt;
}

// Whatever becomes of it, nothing of the message has reached the peer.
Task<Outcome> NumberedDestination::send_header(const Outbound& outbound, std::int64_t number) {
  Outbound header;
  header.id = outbound.id;
  header.bytes = Bytes(header_alone(outbound.bytes.view(), number, to_string(ids_.next(loop_.wall()))));
  auto sending = inner_->send(header);
  auto outcome = co_await sending;
  if (outcome.kind == Outcome::Kind::unknown) outcome.kind = Outcome::Kind::unreachable;
  co_return outcome;
}

Outcome NumberedDestination::conclude(const Outbound& outbound, Outcome outcome) {
  const auto number = *next_;
  const auto expected = expected_in(outcome);
  if (outcome.kind == Outcome::Kind::unknown || outcome.kind == Outcome::Kind::unreachable) {
    next_.reset();
    return outcome;
  }
  const bool taken_before = outbound.in_doubt && expected == number + 1;
  if (outcome.kind == Outcome::Kind::accepted || taken_before) {
    outcome.kind = Outcome::Kind::accepted;
    outcome.fault.reset();
    outcome.sequence = number;
    next_ = number + 1;
    if (expected && *expected != number && *expected != number + 1) next_.reset();
    return outcome;
  }
  if (!expected || *expected == number) return outcome;  // refused for itself; the number is the next one's
  next_.reset();
  auto wrong = out_of_sequence(std::move(outcome), mismatch(number, *expected));
  if (resynchronise_) wrong.kind = Outcome::Kind::unreachable;  // once more, and from the beginning
  return wrong;
}

}  // namespace myelin::mllp
