// The sending side of the sequence number protocol (HL7 v2.8.2, 2.10.1) around a destination: MSH-13 of each message is
// one more than that of the one before. The link begins with 0, to which the peer answers (MSA-4) which number it
// expects; so a message whose answer was lost is known to have arrived, and is not sent twice. What the peer took last
// is the lane's to keep (Outbound::sequence, Outcome::sequence).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/id.h"
#include "engine/model/adapter.h"

namespace myelin::mllp {

// The message with this MSH-13; all other bytes as they are.
std::string with_number(std::string_view message, std::int64_t number);
// Its MSH alone, with this MSH-13 and this MSH-10: what begins a link (0) or begins the numbers anew (-1).
std::string header_alone(std::string_view message, std::int64_t number, std::string_view id);

class NumberedDestination final : public Destination {
 public:
  // `resynchronise`: where the peer expects another number, its numbers begin anew (-1); else the outcome is
  // out_of_sequence, with which the lane is held.
  NumberedDestination(Loop& loop, std::unique_ptr<Destination> inner, bool resynchronise)
      : loop_(loop), inner_(std::move(inner)), resynchronise_(resynchronise) {}

  Task<Outcome> send(const Outbound& outbound) override;
  void close() override { inner_->close(); }
  void join(Exchange& exchange) override { inner_->join(exchange); }
  void on_late_answers(LateAnswers late) override { inner_->on_late_answers(std::move(late)); }

 private:
  Task<std::optional<Outcome>> begin(const Outbound& outbound);
  Task<Outcome> send_header(const Outbound& outbound, std::int64_t number);
  Outcome conclude(const Outbound& outbound, Outcome outcome);

  Loop& loop_;
  std::unique_ptr<Destination> inner_;
  IdSource ids_;
  const bool resynchronise_;
  std::optional<std::int64_t> next_;  // none: the link has to begin
  DeliveryId sent_;                   // the last message, and its number
  std::int64_t sent_as_ = 0;
};

}  // namespace myelin::mllp
