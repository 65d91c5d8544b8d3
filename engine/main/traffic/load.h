// Load: what `myelin send` and `myelin load` do. N connections of MLLP, each sends a message and waits for its answer
// before the next one; what was answered and how fast is counted. Built to cost little per message, so that on one
// machine the engine is what is measured. With a rate, a latency counts from when the message was due, not from when
// the line came to send it: an engine that stands still for a second is not measured by one message alone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/main/traffic/journal.h"
#include "engine/net/asio_loop.h"
#include "engine/net/socket.h"

namespace myelin {

struct LoadOrder {
  std::vector<std::string> messages;  // in the form of the wire, without framing
  std::vector<std::int64_t> weights;  // one a message, how often it comes among them; empty: each as often
  net::Address to;
  std::shared_ptr<net::TlsContext> tls;
  std::int64_t connections = 1;
  std::int64_t total = 1;          // messages in all; the list is begun again as often as that needs
  bool own_ids = false;            // MSH-10 replaced by one that is unique
  bool again = false;              // after a lost connection or no answer: connect and send the same once more
  std::int64_t rate = 0;           // messages a second in all; 0: as fast as answers come
  Duration lasts{};                // no message is begun later than this; 0: until `total`
  Duration warm_up{};              // what is answered in it is sent and counted, and not timed
  Duration think{};                // a line's pause after each answer
  bool keep_sent = false;          // LoadReport::sent
  Duration timeout = seconds(30);  // for the connection, and for each answer
};

enum class Reply : std::uint8_t { accepted, error, rejected, other, none, lost, not_sent };
inline constexpr std::array<std::string_view, 7> kReplyNames = {"AA", "AE", "AR", "other", "none", "lost", "not_sent"};

// One timed answer: when it came, in milliseconds from the beginning, and its latency in microseconds.
struct Sample {
  std::uint32_t at_ms, latency_us;
};

// What became of message number N of this run.
struct SentMessage {
  std::uint32_t line = 0;  // the connection
  Reply reply = Reply::not_sent;
};

struct LoadReport {
  std::array<std::int64_t, kReplyNames.size()> replies{};
  std::int64_t repeated = 0;             // sends that were sent once more (`again`)
  std::int64_t wrong_ids = 0;            // answers whose MSA-2 was another message's
  std::vector<std::uint32_t> latencies;  // of the answered, in microseconds, sorted
  std::vector<Sample> samples;           // the same, as they came
  std::uint32_t most_late_us = 0;        // with a rate: the most that a message was sent after it was due
  std::string run_id;                    // MSH-10 is this and nine digits: its number in `sent`
  std::vector<SentMessage> sent;         // by number, if the order says keep_sent
  Duration took{};
  std::string last_answer;     // as received; of a refusal rather than of an acceptance
  std::optional<Fault> fault;  // why something was not sent

  std::int64_t count(Reply reply) const { return replies[static_cast<std::size_t>(reply)]; }
  std::int64_t answered() const {
    return count(Reply::accepted) + count(Reply::error) + count(Reply::rejected) + count(Reply::other);
  }
  // The latency that `share` (0 … 1) of the answers did not exceed; 0 without answers.
  std::uint32_t percentile(double share) const;
};

// Runs to the end, or to SIGINT. `journal` gets: time of the answer (microseconds since 1970), MSH-10, reply, latency.
// `progress` writes to standard error once a second when it takes that long.
LoadReport run_load(LoadOrder order, Journal& journal, bool progress);

}  // namespace myelin
