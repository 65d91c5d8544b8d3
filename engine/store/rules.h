// What both stores hold to: which changes a verb may make, and the bounds of what is kept and answered. Pure.
#pragma once

#include <algorithm>
#include <string>

#include "engine/store/store.h"

namespace myelin::store_rules {

inline constexpr int kAttemptsKept = 100;              // attempt rows of one delivery; the oldest go first
inline constexpr int kPageLimit = 1000;                // rows of one answer of list()
inline constexpr int kPurgeRows = 1000;                // of one step of the retention
inline constexpr int kDuplicateKeys = 100'000;         // of one channel in the answer of received_since() …
inline constexpr int kDuplicatesLookedAt = 1'000'000;  // … which looks at no more messages
// Of larger bodies the fingerprint is kept: they do not fit on the page of their row. A start reads the others anew.
inline constexpr std::size_t kFingerprintKept = 4000;
// Of large ones without a kept fingerprint (their channel had no window then) so much is read; older ones are new.
inline constexpr std::size_t kDuplicateBytes = 64U << 20;
constexpr bool keeps_fingerprint(const NewMessage& fresh) {
  return fresh.fingerprint && !fresh.duplicate_of && fresh.message.bytes.size() > kFingerprintKept;
}

// `sending` is held in memory, so an attempt's edges are taken from `queued` on disk.
constexpr bool may_settle(State from, State to) {
  if (from == State::queued) return may_become(State::sending, to);
  return from == State::awaiting_reply && may_become(State::awaiting_reply, to);
}

// A person may release, replay, hold, park and discard; the outcome of an attempt is not his to write.
constexpr bool may_change(State from, State to) {
  const bool waits = from == State::queued || from == State::held || from == State::parked;
  const bool order = to == State::queued || to == State::held || to == State::parked || to == State::discarded;
  return waits && order && may_become(from, to) && !(from == State::queued && to == State::queued);
}

constexpr bool may_begin_as(State state) {
  return state == State::queued || state == State::parked || state == State::held;
}

constexpr int page_size(int limit) { return std::clamp(limit, 1, kPageLimit); }

// Back-pressure: from the bound on, until no more than three fifths of it wait.
constexpr bool is_full(bool was_full, std::size_t waiting, std::size_t most) {
  return waiting >= most || (was_full && waiting > most / 5 * 3);
}

// bad_request when `deliveries`, counted from `first_ordinal`, could not be rows of one message.
Result<void> check(const std::vector<NewDelivery>& deliveries, int first_ordinal);

// Whether a step of the retention concerns this channel.
bool concerns(const PurgeStep& step, std::string_view channel);

// The same of those that replace a delivery.
Result<void> check_replace(DeliveryId id, int first_ordinal, const std::vector<NewDelivery>& deliveries);

// "ADT^*" is any event of ADT; empty is any type.
bool is_of_type(std::string_view wanted, std::string_view type);

// Store::key_of with the store's secret.
std::string key_of(std::string_view secret, std::string_view value);

Fault wrong_state(DeliveryId id, State from, State to);
Fault no_delivery(DeliveryId id);
Fault no_message(MessageId id);
Fault no_incident(MessageId id);
// wrong_state: it was given again before, or it has gone.
Fault not_given_again(MessageId id);
// What a list shows of it; empty where it could not be read, or has not the form of an id or a type.
struct HeaderOfIncident {
  std::string control_id, type;
};
HeaderOfIncident header_of(const Incident& incident);
Fault id_taken(MessageId id);

// The sentence of the attempt row that records a person's change.
std::string by_person(State to, const std::string& by, const std::string& reason);
// The same of one that is to be tried now.
std::string hurried_by(const std::string& by, const std::string& reason);

}  // namespace myelin::store_rules
