// The sequence number protocol (HL7 v2.8.2, 2.10.1), the receiver's side: MSH-13 of each message of a sender is one
// more than that of the one before. What was taken last is written in the commit of the message (SequenceMark), so that
// it is known after a restart too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/model/receipt.h"
#include "engine/store/store.h"

namespace myelin::runtime {

// What a number means for the message that has it.
struct Numbered {
  enum class Kind : std::uint8_t {
    off,     // the source is not numbered
    start,   // 0: the sender asks what is expected; there is no message
    resync,  // -1: the next number, whatever it is, begins anew; there is no message
    next,    // the expected one, or the first at all
    again,   // the last one: its answer was lost
    wrong,   // any other, or none
  };
  Kind kind = Kind::off;
  std::int64_t number = 0;
  std::string link = {};
  std::string expected = {};  // MSA-4 when the message is not taken
};

class Sequences {
 public:
  Sequences(Loop& loop, Store& store) : loop_(loop), store_(store) {}

  // store_failed.
  Task<Result<Numbered>> look(std::string channel, Bytes message);
  // What is written in the commit of the message.
  static std::optional<SequenceMark> mark_of(const Numbered& numbered);
  // After the commit, or the refusal. Gives the receipt its MSA-4.
  void conclude(const Numbered& numbered, Receipt& receipt);

 private:
  Loop& loop_;
  Store& store_;
  std::map<std::string, std::int64_t> last_;  // by link; kAnew: whatever comes
};

}  // namespace myelin::runtime
