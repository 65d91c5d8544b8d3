// Batches: FHS, BHS, BTS, FTS around messages (HL7 v2.8.2, 2.10.3 and 2.15). Without I/O: bytes in, views out; a file,
// a frame and a request are split alike.
//
// What is tolerated, as it is met: no BHS or no FHS, any of CR, LF, CRLF, blank lines, a byte order mark, MLLP bytes
// around it all, the end of a DOS text (0x1A), several messages with no header at all. `check_batch` says what a strict
// reader would mind. UTF-16 is read by charset.h first.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/fault.h"

namespace myelin::hl7 {

// Headers and trailers without their line ends; empty where there is none.
struct Batch {
  std::string_view header;                 // BHS
  std::vector<std::string_view> messages;  // each from its MSH to its last line end, byte for byte
  std::string_view trailer;                // BTS
};

struct BatchFile {
  std::string_view header;  // FHS
  std::vector<Batch> batches;
  std::string_view trailer;              // FTS
  std::vector<std::string_view> strays;  // lines that belong to no message and are no header
  std::size_t message_count() const;
};

// Whether a header of a batch or of a file of batches stands first: it is no single message.
bool begins_batch(std::string_view bytes);

// What is kept with each message of a batch: FHS and BHS as they came, each ended by CR. Empty without any.
std::string headers_of(const BatchFile& file, const Batch& batch);

// Views into `bytes`. Never fails: from what is no batch and no message at all it makes strays.
BatchFile split_batch(std::string_view bytes);

// batch_incomplete: the first count of BTS-1 or FTS-1 that is not so, header without trailer, trailer without header,
// stray line. An empty count says nothing.
std::optional<Fault> check_batch(const BatchFile& file);

struct BatchFacts {
  std::string_view id;   // BHS-11, FHS-11
  WallTime when;         // BHS-7, FHS-7
  bool in_file = false;  // FHS and FTS around it
};

// A batch of these messages, which follow as they are, each up to its last line end. The headers have the delimiters and
// MSH-3 to MSH-6 of the first message; the trailers count.
std::string make_batch(const std::vector<std::string_view>& messages, const BatchFacts& facts);

struct BatchAckFacts {
  std::string_view id;       // of the acknowledgement: BHS-11, FHS-11
  WallTime when;             // BHS-7, FHS-7
  std::string_view comment;  // BTS-2: what is to be said about the batch as a whole
};

// The batch of acknowledgements that answers a batch: the same headers, applications swapped, the sender's control id
// as reference (BHS-12). `acks` are whole messages, one for each of `file` in its order; an empty one stands for none.
std::string make_batch_ack(const BatchFile& file, const std::vector<std::string>& acks, const BatchAckFacts& facts);

}  // namespace myelin::hl7
