// The two ports, and the catalogue entry of an adapter: all that an adapter's author must know.
// An adapter never sees the store, a route or another adapter. It does not retry and it does not know states.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/loop.h"
#include "engine/base/task.h"
#include "engine/config/spec.h"
#include "engine/hl7/habit.h"
#include "engine/model/outcome.h"
#include "engine/model/progress.h"
#include "engine/model/receipt.h"

namespace myelin {

// A delivery of another channel of this engine, on its way into this one: the commit that stores the message writes the
// delivery down as delivered too, or neither.
struct HandOver {
  DeliveryId delivery;
  int attempts = 1;
};

// Refused bytes that a person gives to the channel again: the commit that takes them marks the incident, or neither.
struct GivenAgain {
  MessageId incident;
  std::string note;  // who, and why
};

struct Received {
  Bytes bytes;
  std::string peer;
  std::optional<HandOver> hand_over = std::nullopt;
  std::string batch = {};  // Message::batch
  std::string facts = {};  // Message::facts
  bool sequenced = false;  // MSH-13 has to be the number that comes next (HL7 v2.8.2, 2.10.1)
  bool asks = false;       // the Receipt may wait for a peer's answer (`reply`); else it comes with the commit
  // Called when it is on the disk and the Receipt waits on: for what a source may say at once.
  std::function<void(const Receipt&)> committed = {};
  std::optional<GivenAgain> given_again = std::nullopt;
};

// Bytes that never became a message, so that they are visible to a person and not lost in silence.
struct Incident {
  Fault fault;
  std::string peer;
  Bytes bytes;
  bool whole = false;      // they are one message, all of it: a person may give it to the channel again
  std::string batch = {};  // of a whole one, as in Received
  std::string facts = {};
};

// The runtime's side of a Source: stores, then answers. Back-pressure is that a Source awaits it before it reads on.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual Task<Receipt> accept(Received received) = 0;
  // Kept for a person, who finds it by this id; an answer to the sender may name it.
  virtual MessageId report(Incident incident) = 0;
  // What was noticed of how this peer speaks, beside what shows in the bytes of its messages: that is seen by accept().
  virtual void noticed(const std::string& /*peer*/, std::span<const hl7::Habit> /*habits*/) {}
  // What formulas of the channel name of how its messages come, beside $file and $user: "header.x-ward", "query.ward".
  // A source that has them adds them to Received::facts, and no others. Valid until the next co_await.
  virtual std::span<const std::string> named_facts() const { return {}; }
  // What became of the message with this ticket (Receipt) of this channel. not_found.
  virtual Task<Result<Progress>> progress(std::string ticket) = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  // Binds; port_in_use, bad_address, key_unreadable. Nothing is read before run().
  virtual Result<void> open() = 0;
  // Until `stop`: then takes no new connection, finishes the frames and answers in flight (bounded), and returns.
  virtual Task<void> run(Intake& intake, std::stop_token stop) = 0;
  // "127.0.0.1:2575": where it listens in fact (port 0 resolved). Valid after open().
  virtual std::string address() const = 0;
};

// The channels of this engine, seen from a destination that hands messages to one of them.
class Exchange {
 public:
  virtual ~Exchange() = default;
  // Called on the loop of the destination; the answer comes there. The receipt says `committed` only when the other
  // channel has the message on the disk, and `received.hand_over` is delivered in the same commit. not_found: no such
  // channel runs here (now). wrong_state: the delivery waits no more; nothing was stored.
  virtual Task<Receipt> hand_over(Loop& from, std::string channel, Received received) = 0;
};

// What the result of a formula is encoded for, where it is put into a longer text.
enum class Encoding : std::uint8_t { plain, url, header, file_name, json, xml };

// A text of a connection that depends on the message: it has {{ formulas }} in it, or is one (`=PID-3.1`). The compiler
// knows formulas and the adapter does not: it names the text, and finds what became of it in Outbound.
struct Template {
  std::string name;  // "url", "headers.X-Ward"
  config::Node text;
  Encoding encoding = Encoding::plain;
};

// One message of a batch (`collect`).
struct Collected {
  DeliveryId id;
  Bytes bytes;
};

struct Outbound {
  Bytes bytes;
  DeliveryId id;                                                // of a batch: of the first of it
  int attempt = 1;                                              // which one this is
  std::map<std::string, std::string, std::less<>> filled = {};  // by Template::name
  bool asked = false;                                           // somebody waits for the peer's answer
  bool in_doubt = false;                                        // it may have reached the peer before
  std::int64_t sequence = 0;                                    // of what the peer took last (Outcome); 0: nothing
  std::vector<Collected> collected = {};                        // a batch: its messages; `bytes` is all of them
  std::string facts = {};                                       // Message::facts; of a batch: none

  // What became of this text of the connection; `otherwise` where it is no template.
  const std::string& text(std::string_view name, const std::string& otherwise) const {
    const auto found = filled.find(name);
    return found == filled.end() ? otherwise : found->second;
  }
};

class Destination {
 public:
  virtual ~Destination() = default;
  // Connects when it must, keeps its session, sends, waits for the answer. One call at a time.
  virtual Task<Outcome> send(const Outbound& outbound) = 0;
  // Closes the session; a send in flight ends at once (unknown or unreachable).
  virtual void close() = 0;
  // Once, before the first send(); only who hands over inside this engine cares. `exchange` outlives the destination.
  virtual void join(Exchange& /*exchange*/) {}
  // Who knows of the answers that are owed (Outcome::owed), for each message that comes on the destination's
  // connections and answers nothing in flight. Copies may outlive the destination.
  struct LateAnswers {
    std::function<bool(const std::string& id)> owed;  // by the MSH-10 that was sent, or is being sent
    std::function<Task<bool>(Bytes answer)> take;     // true: it is on the disk
  };
  virtual void on_late_answers(LateAnswers /*late*/) {}
  // What it accepts may be settled already (Outcome::settled), so that after a crash no delivery of it is in doubt.
  virtual bool settles() const { return false; }
};

using SourceFactory = std::function<std::unique_ptr<Source>(Loop&)>;
using DestinationFactory = std::function<std::unique_ptr<Destination>(Loop&)>;

// One row of adapters/catalog.cpp. The factories are made from checked options; a fault (an unreadable key) is a
// mistake of the configuration and is shown at its place.
struct AdapterKind {
  std::string_view name;  // "mllp": the key in `source:` and in connections.yaml
  std::string_view doc;
  const config::Spec* connection;  // options of a connection of this kind; both directions in one
  Result<SourceFactory> (*make_source)(const config::Options&);
  Result<DestinationFactory> (*make_destination)(const config::Options&);
  // HOST:PORT that a source of these options listens on, for the clash check; empty: it does not listen.
  std::string (*listens_on)(const config::Options&);
  // `KIND: VALUE` inline is short for `KIND: { OPTION: VALUE }` with this option; empty: there is no short form.
  std::string_view short_for = {};
  // The channel of this engine that a destination of these options feeds, so that the compiler sees wrong names and
  // circles; null: it feeds none.
  std::string (*feeds)(const config::Options&) = nullptr;
  // Whether a destination of these options numbers its messages (Outcome::sequence): one after the other, then, and
  // each settled before the next. null: none does.
  bool (*numbers)(const config::Options&) = nullptr;
  // What a source of these options can say of how a message came: of "file", "header", "query" and "user". null:
  // nothing.
  std::vector<std::string_view> (*facts)(const config::Options&) = nullptr;
  // The texts of a destination that depend on the message; null: this technology has none.
  std::vector<Template> (*templates)(const config::Options&) = nullptr;
};

using AdapterCatalog = std::span<const AdapterKind>;

}  // namespace myelin
