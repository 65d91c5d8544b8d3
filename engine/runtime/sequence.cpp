#include "engine/runtime/sequence.h"

#include <charconv>

#include "engine/hl7/ack.h"

namespace myelin::runtime {
namespace {

constexpr std::int64_t kAnew = -1;
constexpr std::size_t kMostLinks = 4096;  // in memory; the others are read again

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole && number >= kAnew ? std::optional(number) : std::nullopt;
}

Numbered::Kind kind_of(std::optional<std::int64_t> number, std::int64_t last) {
  if (!number) return Numbered::Kind::wrong;
  if (*number == 0) return Numbered::Kind::start;
  if (*number == kAnew) return Numbered::Kind::resync;
  if (last == kAnew || *number == last + 1) return Numbered::Kind::next;
  return *number == last ? Numbered::Kind::again : Numbered::Kind::wrong;
}

}  // namespace

// A link is a sending application and facility at one channel.
Task<Result<Numbered>> Sequences::look(std::string channel, Bytes message) {
  Numbered numbered;
  const auto header = hl7::read_header(message.view());
  if (!header) co_return numbered;  // what is no message is refused for that
  numbered.link =
      "in " + channel + "/" + std::string(header->sending_application) + "/" + std::string(header->sending_facility);
  auto known = last_.find(numbered.link);
  if (known == last_.end()) {
    const auto stored = co_await store_.sequence(loop_, numbered.link);
    if (!stored) co_return fail(Fault(stored.error()));
    if (last_.size() >= kMostLinks) last_.clear();
    known = last_.emplace(numbered.link, stored->value_or(kAnew)).first;
  }
  const auto last = known->second;
  const auto number = number_in(header->sequence);
  numbered.kind = kind_of(number, last);
  numbered.number = number.value_or(0);
  numbered.expected = std::to_string(last == kAnew ? kAnew : last + 1);
  co_return numbered;
}

std::optional<SequenceMark> Sequences::mark_of(const Numbered& numbered) {
  const bool taken = numbered.kind == Numbered::Kind::next || numbered.kind == Numbered::Kind::resync;
  if (!taken) return std::nullopt;
  return SequenceMark{numbered.link, numbered.number};
}

void Sequences::conclude(const Numbered& numbered, Receipt& receipt) {
  if (numbered.link.empty()) return;
  receipt.expected = numbered.expected;
  if (receipt.kind == Receipt::Kind::refused || !mark_of(numbered)) return;
  last_[numbered.link] = numbered.number;
  receipt.expected = std::to_string(numbered.number);
}

}  // namespace myelin::runtime
