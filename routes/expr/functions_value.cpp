// Functions over numbers, dates, tables and identifiers.
#include <algorithm>

#include "engine/base/crypto.h"
#include "engine/base/id.h"
#include "routes/expr/formula.h"
#include "routes/expr/functions.h"
#include "routes/expr/zoned.h"

namespace myelin::expr {

namespace {

constexpr std::int64_t kMaxCount = 1'000'000'000'000;

Value of(const std::optional<Decimal>& number) { return number ? Value(*number) : Value(); }
Value of(const std::optional<Timestamp>& time) { return time ? Value(*time) : Value(); }

// What makes the ids of one message its own, and always the same.
Sha256 message_digest(const Arguments& given) {
  const Message* message = given.evaluator().context().message;
  return sha256((message ? to_string(message->id) : std::string()) + "/" + given.text(0));
}

}  // namespace

Value run_number(const Arguments& given) {
  const Value value = given.value(0);
  return value.number() ? value : of(Decimal::parse(to_text(value)));
}

Value run_round(const Arguments& given) {
  const Value value = given.value(0);
  if (!value.number()) return {};
  return of(value.number()->round(static_cast<int>(given.whole(1, -30, 30, 0))));
}

Value run_date(const Arguments& given) { return of(given.time(0)); }

Value run_format(const Arguments& given) {
  const auto time = given.time(0);
  auto text = time ? time->format(given.text(1)) : std::nullopt;
  return text ? Value(std::move(*text)) : Value();
}

Value run_add(const Arguments& given) {
  const auto time = given.time(0);
  if (!time) return {};
  return of(time->add(given.whole(1, -kMaxCount, kMaxCount, 0), given.text(2)));
}

Value run_in_zone(const Arguments& given) {
  const auto time = given.time(0);
  if (!time) return {};
  const auto there = in_zone(*time, *given.call().zone, given.call().home);
  return there ? Value(*there) : Value();
}

Value run_age(const Arguments& given) {
  const auto birth = given.time(0);
  const Message* message = given.evaluator().context().message;
  std::optional<Timestamp> at;
  if (given.size() > 1) at = given.time(1);
  else if (message) at = Timestamp::of(message->received_at);
  if (!birth || !at) return {};
  const auto years = years_between(*birth, *at);
  return years ? Value(Decimal(*years)) : Value();
}

Value run_if(const Arguments& given) {
  const Value condition = given.value(0);
  return given.value(condition.truth() && *condition.truth() ? 1 : 2);
}

Value run_coalesce(const Arguments& given) {
  for (std::size_t index = 0; index < given.size(); ++index) {
    Value value = given.value(index);
    if (!empty(value)) return value;
  }
  return {};
}

Value run_lookup(const Arguments& given) {
  const auto found = given.call().table->lookup(given.text(1), given.size() > 2 ? given.text(2) : std::string());
  return found ? Value(std::string(*found)) : Value();
}

Value run_sha256(const Arguments& given) { return Value(hex(sha256(given.text(0)))); }

Value run_uuid(const Arguments& given) {
  Sha256 digest = message_digest(given);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0FU) | 0x80U);  // version 8: custom (RFC 9562)
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3FU) | 0x80U);
  std::string text = hex(digest).substr(0, 32);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return Value(std::move(text));
}

Value run_short_id(const Arguments& given) {
  return Value(short_id(given.evaluator().context().message, given.text(0)));
}

std::string short_id(const Message* message, std::string_view text) {
  constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const Sha256 digest = sha256((message ? to_string(message->id) : std::string()) + "/" + std::string(text));
  std::string id;
  for (std::size_t at = 0; at < 20; ++at) id += kCrockford[digest[at] & 31U];
  return id;
}

}  // namespace myelin::expr
