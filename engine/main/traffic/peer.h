// Peer: what `myelin sink` is. It takes messages by MLLP, writes them down, and answers as it is told to: well, or in
// one of the ways in which real systems misbehave.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/hl7/path.h"
#include "engine/main/traffic/journal.h"
#include "engine/net/socket.h"

namespace myelin {

enum class Manner : std::uint8_t {
  ok,
  ae,
  ar,
  silent,
  slow,
  reset,
  wrong_id,
  garbage,
  twice,
  half_close,
  split_ack,
  late,
};

struct Behaviour {
  Manner manner = Manner::ok;
  Duration delay{};        // of slow
  std::int64_t times = 1;  // so many messages; the last behaviour of a list stays for ever
};

struct MannerEntry {
  Manner manner;
  std::string_view name, doc;
};
std::span<const MannerEntry> all_manners();

// "ae*3,slow=200ms,ok": three AE, one slow, then ok. bad_request with a suggestion.
Result<std::vector<Behaviour>> parse_behaviour(const std::string& text);

struct PeerOrder {
  net::Address listen;
  std::shared_ptr<net::TlsContext> tls;
  std::vector<Behaviour> behaviour;  // empty: ok
  std::int64_t count = 0;            // end after so many messages; 0: at SIGTERM or SIGINT
  std::vector<hl7::Path> fields;     // added to the journal's line
};

struct PeerReport {
  std::int64_t messages = 0, bytes = 0, connections = 0, not_framed = 0;
};

// Runs until `count` or a signal. `listening` is called once with the address (port resolved). `journal` gets: time
// (microseconds since 1970), MSH-10, type, size, then the fields. port_in_use, bad_address.
Result<PeerReport> run_peer(PeerOrder order, Journal& journal,
                            const std::function<void(const std::string&)>& listening);

}  // namespace myelin
