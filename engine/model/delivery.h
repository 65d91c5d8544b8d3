// Delivery: one Message on one Route, a row with a state. This header has the state table: the store's CHECKs, the
// admin API, the docs and the tests all derive from it (delivery.md, States of a delivery).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/fault.h"
#include "engine/base/id.h"
#include "engine/model/policy.h"

namespace myelin {

enum class State : std::uint8_t { queued, sending, awaiting_reply, delivered, filtered, parked, held, discarded };

struct StateEntry {
  State state;
  std::string_view name;
  bool finished;  // may be purged after the retention; nothing unfinished ever is
  std::string_view doc;
};

inline constexpr std::array<StateEntry, 8> kStates = {{
    {State::queued, "queued", false, "waits for its turn or for its next attempt"},
    {State::sending, "sending", false, "is being sent; held in memory, written only with what follows"},
    {State::awaiting_reply, "awaiting_reply", false,
     "safely stored by the peer, which still owes its application's answer"},
    {State::delivered, "delivered", true, "the peer said that it has it"},
    {State::filtered, "filtered", true, "a step of the route decided that it does not go"},
    {State::parked, "parked", false, "set aside for a person; the lane goes on"},
    {State::held, "held", false, "a person or a rule stopped it; released or discarded by a person"},
    {State::discarded, "discarded", true, "given up by a person, with a reason"},
}};

struct Edge {
  State from, to;
};

// Every change of state that exists. Each is one compare-and-set on the row.
inline constexpr std::array<Edge, 23> kEdges = {{
    {State::queued, State::sending},
    {State::queued, State::held},
    {State::queued, State::discarded},
    {State::sending, State::queued},
    {State::sending, State::awaiting_reply},
    {State::sending, State::delivered},
    {State::sending, State::filtered},
    {State::sending, State::parked},
    {State::sending, State::held},
    {State::awaiting_reply, State::delivered},
    {State::awaiting_reply, State::queued},
    {State::awaiting_reply, State::parked},
    {State::awaiting_reply, State::held},
    {State::held, State::queued},
    {State::held, State::parked},
    {State::held, State::discarded},
    {State::parked, State::queued},
    {State::parked, State::discarded},
    // `sending` is not on disk, so its edges are taken from `queued` there:
    {State::queued, State::delivered},
    {State::queued, State::filtered},
    {State::queued, State::parked},
    {State::queued, State::awaiting_reply},
    {State::queued, State::queued},  // a retry, written from `queued`
}};

constexpr std::string_view name_of(State state) { return kStates[static_cast<std::size_t>(state)].name; }
constexpr std::optional<State> parse_state(std::string_view name) {
  for (const auto& entry : kStates)
    if (entry.name == name) return entry.state;
  return std::nullopt;
}
constexpr bool finished(State state) { return kStates[static_cast<std::size_t>(state)].finished; }
constexpr bool may_become(State from, State to) {
  for (const auto& edge : kEdges)
    if (edge.from == from && edge.to == to) return true;
  return false;
}

// Which lane a delivery waits in. Route "" is "not yet routed": shared steps faulted. A route whose `to` is a formula
// has a lane for each recipient, "results:lab"; under its own name stands only what has no recipient yet. `key`, fixed
// at the commit:
//   ""        fifo: it waits for all before it, and all after it for it
//   "a+b"     order by key: it waits for those before it that name a or b; kNoKey when the message has no value there
//   kNoOrder  order: none: it waits for nobody
// A key is the keyed hash of a value (Store::key_of), never the value. Of a lane as a whole (a LaneCount, a stop of the
// whole route) it is empty; a stop of one key has that key.
inline constexpr std::string_view kNoOrder = "*";
inline constexpr std::string_view kNoKey = "none";
struct LaneKey {
  std::string channel;
  std::string route;
  std::string key;
  auto operator<=>(const LaneKey&) const = default;
};

// Which piece of the message it is, fixed at the commit: of a route that splits, one of several parts; of one with
// `also`, its own message (0) or the nth that follows it.
struct Piece {
  int part = 1;
  int parts = 1;
  int also = 0;
  auto operator<=>(const Piece&) const = default;
};

// " part 2 of 3", " also 1"; "" of a message that goes whole.
inline std::string piece_text(const Piece& piece) {
  std::string text;
  if (piece.parts > 1) text = " part " + std::to_string(piece.part) + " of " + std::to_string(piece.parts);
  if (piece.also > 0) text += " also " + std::to_string(piece.also);
  return text;
}

struct Delivery {
  DeliveryId id;
  LaneKey lane;
  Piece piece;
  State state = State::queued;
  WallTime due;  // not before
  int attempts = 0;
  Priority priority = Priority::normal;
  bool possible_duplicate = false;  // an attempt may have reached the peer
  std::string fault;                // id of the last fault, "M0402"; empty when none
  std::string detail;               // its sentence, without patient data
  WallTime changed_at;
};

}  // namespace myelin
