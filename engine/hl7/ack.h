// General acknowledgements, written and read (HL7 v2.8.2, 2.9.2 and 2.15.8; MSA, ERR in the shape of its version).
// An ACK is a pure function of the received bytes and what was decided, so a duplicate gets the same answer again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/hl7/tree.h"

namespace myelin::hl7 {

// The parts of MSH that runtime and adapters need, read without indexing the whole message.
struct Header {
  Delimiters delimiters;
  std::string_view sending_application, sending_facility, receiving_application,
      receiving_facility;                                   // raw, all components
  std::string_view control_id;                              // MSH-10, raw
  std::string_view message_code, trigger_event, structure;  // MSH-9.1, 9.2, 9.3
  std::string_view processing_id, version, charset;         // MSH-11, 12.1, 18
  std::string_view accept_ack, application_ack;             // MSH-15, 16
  std::string_view sequence;                                // MSH-13
  std::string type() const;                                 // "ADT^A01"; "ACK" without an event
  bool is_ack() const { return message_code == "ACK" || message_code == "MCF"; }
};
// Views into `message`. not_hl7, msh_too_short, bad_delimiters. Reads what there is of a cut-off MSH.
Result<Header> read_header(std::string_view message);

struct AckFacts {
  std::string_view code;           // MSA-1: AA AE AR CA CE CR
  std::string_view id;             // MSH-10 of the acknowledgement, unique
  WallTime when;                   // MSH-7, written with offset +0000
  const Fault* fault = nullptr;    // becomes ERR and MSA-3, where the version has them
  std::string_view expected = {};  // MSA-4, of the sequence number protocol
};

// Never fails: from bytes that are no message it makes the best ACK that can be made (version 2.5.1, no MSA-2).
// MSH: the sender's delimiters, charset (18) and version (12); 3…6 swapped with all components; MSH-9 `ACK^event^ACK`
// where the version has it (2.1: `ACK`, 2.2 and 2.3: `ACK^event`); MSH-11 copied.
// ERR: 2.1–2.4 ERR-1 location; from 2.5 ERR-2 location, 3 code of table 0357, 4 severity, 5 our fault id, 7/8 text; one
// for each of Fault::more too (to 2.4 as repetitions of ERR-1).
std::string make_ack(std::string_view received, const AckFacts& facts);

// Its ERR segments alone, for `received`: what an AE answer has behind MSA.
std::string make_errors(std::string_view received, const Fault& fault);

struct Answer {
  std::string code;        // MSA-1
  std::string message_id;  // MSA-2
  std::string expected;    // MSA-4
  std::string text;        // MSA-3, or ERR-8 / ERR-7 where that is empty
};
// garbage_answer when it is not a message with an MSA that has a code.
Result<Answer> read_answer(std::string_view bytes);

}  // namespace myelin::hl7
