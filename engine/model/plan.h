// Plan: a compiled, immutable channel. The compiler (routes/) makes it, the runtime obeys it, a reload swaps one
// shared_ptr<const Plan> for another. It holds values, virtual Steps and adapter factories: no YAML, no protocol names.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/fault.h"
#include "engine/hl7/group.h"
#include "engine/model/adapter.h"
#include "engine/model/body.h"
#include "engine/model/delivery.h"
#include "engine/model/message.h"
#include "engine/model/outcome.h"
#include "engine/model/policy.h"

namespace myelin {

class Step;
struct BatchHeaders;
struct Route;
struct Verdict;

// Told of each decision and step as it runs; `try` and test coverage listen, the daemon does not.
class StepObserver {
 public:
  virtual ~StepObserver() = default;
  virtual void decided(const Route& route, bool wanted) = 0;           // the route's `when`
  virtual void entering(const Route& route, DeliveryId delivery) = 0;  // its steps come next
  virtual void before(const Step& step, const Body& body) = 0;
  virtual void after(const Step& step, const Body& body, bool skipped) = 0;  // skipped: its `when` was false
  // Something worth knowing though the step passed, as what it did not map: a place, never content. Before `after`.
  virtual void noted(const Step& /*step*/, const std::string& /*what*/) {}
  virtual void concluded(const Step& /*step*/, const Verdict& /*verdict*/) {}  // right after `after`
};

// The groups of a message, kept until its segments change: names inside `each` and paths through groups go by them.
struct Grouping {
  std::uint64_t layout = 0;            // of the tree
  std::string type;                    // MSH-9 as it stood
  std::optional<hl7::Grouped> groups;  // nothing: no grammar is known for it
};

// To the questions of a route's calls, by Question::call.
using Answers = std::map<std::size_t, Outcome>;

// What a formula may know beside the body. The clock of a step is received_at: same input, same output, always.
struct Context {
  const Message* message = nullptr;                // $id $received_at $peer $channel, and the facts
  const Body* original = nullptr;                  // $original
  std::shared_ptr<const BatchHeaders> batch = {};  // $batch; null: the message came alone
  std::map<std::string, std::string, std::less<>> lets;
  StepObserver* observer = nullptr;
  std::uint32_t scope = UINT32_MAX;  // segment of `each`; UINT32_MAX: none
  Piece piece = {};                  // $part $parts, and which message of `also` is asked for
  mutable std::shared_ptr<const Grouping> grouping = {};
  struct Row {
    std::string path;  // "results.observations"
    std::size_t index = 0;
  };
  std::vector<Row> rows = {};               // the current items of `each` over JSON, outermost first
  const Answers* answers = nullptr;         // to the route's calls, as far as they were asked
  std::shared_ptr<const Body> kept = {};    // what `original` points to, where `build` put HL7 in the place of data
  std::shared_ptr<const Body> before = {};  // as it stood when a step put the peer's form in its place
};

// A formula that is true or false.
class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool holds(const Body& body, const Context& context) const = 0;
};

// What a `call` wants to know of a connection. Steps are pure: the lane asks, and runs them again with the answer.
struct Question {
  std::size_t call = 0;  // of Route::calls
  Bytes bytes;
  std::map<std::string, std::string, std::less<>> filled;  // Outbound::filled
};

struct Verdict {
  // taken: the body is the message of `also` that Context::piece asks for; no further step is run.
  enum class Kind : std::uint8_t { pass, drop, park, hold, fault, ask, taken } kind = Kind::pass;
  std::string reason;          // of drop, park and hold: from the configuration, fit for a metric's label
  std::optional<Fault> fault;  // of park, hold and fault
  std::optional<Question> question = std::nullopt;  // of ask
};

// The values that a message is ordered by, as they stand in it: read after the shared steps, at the commit.
class KeyReader {
 public:
  virtual ~KeyReader() = default;
  virtual std::vector<std::string> values(const Body& body) const = 0;
};

// Who gets the messages of a route whose `to` is a formula, decided at the commit. Its lanes are routes of the plan,
// one for each connection that may be named, and share this.
class Recipients {
 public:
  virtual ~Recipients() = default;
  virtual std::string_view route() const = 0;  // as written: "results"
  // The names that the formula gives, each once, in its order; "" for one that is no connection of this plan.
  virtual std::vector<std::string> names(const Body& body, const Context& context) const = 0;
};

// A message in parts, one for each of its groups: the same body has the same parts, always.
class Splitter {
 public:
  virtual ~Splitter() = default;
  // At least 1: without such a group the message goes whole.
  virtual int parts(const Body& body, const Context& context) const = 0;
  // `part` from 1. bad_part when there is no such one, cannot_write.
  virtual Result<Body> part(const Body& body, const Context& context, int part) const = 0;
};

// How urgent a message is to a route, read after the shared steps, at the commit.
class PriorityReader {
 public:
  virtual ~PriorityReader() = default;
  virtual Priority priority(const Body& body, const Context& context) const = 0;
};

// The hours in which a peer takes messages.
class OpeningHours {
 public:
  virtual ~OpeningHours() = default;
  // Zero while it is open.
  virtual Duration until_open(WallTime now) const = 0;
  // How long it has been open by now, a week at most; zero while it is closed.
  virtual Duration open_for(WallTime now) const = 0;
};

// Times of the day by the clock of a zone.
class TimesOfDay {
 public:
  virtual ~TimesOfDay() = default;
  virtual WallTime next_after(WallTime time) const = 0;
};

// `collect:` of a route: messages wait for each other, and go as one.
struct CollectPolicy {
  enum class Form : std::uint8_t { file, batch, messages, lines, csv, array } form = Form::file;
  int count = 1000;                                // a batch goes when it has so many …
  std::size_t bytes = std::size_t{16} << 20;       // … or so much, …
  Duration within{};                               // … or so long after the receipt of the first; zero: not by that …
  std::shared_ptr<const TimesOfDay> at = nullptr;  // … or at the first of these times after it; null: not by that

  WallTime ripe_at(WallTime received) const {
    const auto after = received + std::chrono::duration_cast<microseconds>(within);
    if (!at) return after;
    return within > Duration::zero() ? std::min(after, at->next_after(received)) : at->next_after(received);
  }
};

// A text of the destination that depends on the message: AdapterKind::templates. bad_value, not_json, not_xml.
class Filling {
 public:
  virtual ~Filling() = default;
  virtual Result<std::string> text(const Body& body, const Context& context) const = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual Verdict apply(Body& body, Context& context) const = 0;
  virtual std::string_view name() const = 0;   // "set"
  virtual std::string_view place() const = 0;  // "conf/channels/adt.yaml:21:9"
  virtual const Condition* when() const { return nullptr; }
};

using Steps = std::vector<std::shared_ptr<const Step>>;

// Runs the steps in order until one does not pass. Intake, Lane, `try` and tests all come through here.
Verdict run_steps(const Steps& steps, Body& body, Context& context);

struct Accept {
  BodyKind body = BodyKind::hl7;
  std::vector<std::string> types;     // "ADT^A01", "ADT^*", "Patient" (JSON); empty: all
  std::vector<std::string> versions;  // empty: all
  // Further checks in order; a verdict that does not pass refuses the message with its fault.
  Steps checks;
};

// A connection that a route asks while a message is worked on.
struct Call {
  std::string connection;  // for display
  DestinationFactory connect;
  Duration within = seconds(5);
  Duration cache{};  // how long an answer to the same question stands; zero: each message asks
};

// Which messages are the same as one before, and for how long.
struct DuplicatePolicy {
  Duration window = minutes(10);            // zero: none is
  std::shared_ptr<const KeyReader> fields;  // what makes two the same; null: all of the content
};

// How an alert reaches a person's system.
struct Notified {
  DestinationFactory connect;
  bool speaks_hl7 = false;  // it carries HL7 v2 and nothing else: NMD^N02; else JSON
};

struct Route {
  std::string name;
  std::string was;                               // its former name, whose queue is now this one's; empty: none
  std::shared_ptr<const Condition> when;         // null: always
  std::shared_ptr<const Recipients> recipients;  // of a lane "results:lab"; null: it is the route's only one
  bool on_demand = false;                        // a recipient that nothing but a message names: it has a lane then
  std::shared_ptr<const Splitter> split;         // null: the message goes whole
  int also = 0;                                  // messages that may follow it: each has a delivery of its own
  std::string destination;                       // connection name, for display
  DestinationFactory connect;
  std::map<std::string, std::shared_ptr<const Filling>, std::less<>> fillings;  // by Template::name
  std::string charset;                             // that the destination wants; empty: as the message says
  std::shared_ptr<const KeyReader> keys;           // with OrderKind::keyed
  std::shared_ptr<const PriorityReader> priority;  // null: normal
  std::shared_ptr<const OpeningHours> open;        // null: always
  std::shared_ptr<const CollectPolicy> collect;    // null: each goes by itself
  std::optional<DuplicatePolicy> duplicates;       // of what is sent; none: each is sent
  bool keeps_sent = false;                         // `keep: bytes`
  std::string after;                               // the route that must have delivered the message first
  std::string answers;                             // the channel that gets the peer's answers
  Steps steps;
  std::vector<Call> calls;  // of `steps`
  bool remade = false;      // the steps end in the peer's form: `fillings` read the message as it stood before
  LanePolicy lane;
  std::vector<AlertRule> alerts = {{AlertRule::Kind::oldest}, {AlertRule::Kind::parked}, {AlertRule::Kind::held}};
  std::map<std::string, Notified, std::less<>> notify;  // by AlertRule::notify
  std::string place;                                    // of the route's key in the file
};

// What messages can be searched by.
struct IndexKey {
  std::string name;  // "mrn"
  std::shared_ptr<const KeyReader> values;
  std::string paths = {};  // as they are written
};

// `reply:` of a channel: what its sender is answered with, and when.
struct ReplyPolicy {
  std::string from;  // the route whose peer answers; empty: we do, as soon as the message is stored
  Duration within = seconds(15);
  std::string otherwise = "AE";  // MSA-1, when the peer's answer does not come
  bool goes_on = true;           // `then`: deliver after `otherwise`, or discard
  std::string filtered;          // MSA-1, when no route wants it; empty: AA, or `otherwise` with `from`
  Steps steps;                   // on all that goes back
};

struct Plan {
  std::string channel;
  std::string was;  // its former name, whose queues are now this one's; empty: none
  std::string about;
  std::string version;  // "2.5.1": which dictionary names the fields
  std::string hash;     // SHA-256 over everything that went into it, hex
  std::string place;
  bool paused = false;             // takes nothing new; what waits is still delivered
  std::string source_name;         // connection name or kind, for display
  std::string source_fingerprint;  // equal: the listener need not restart
  SourceFactory listen;
  hl7::CharsetChoice charset;  // of the source
  Accept accept;
  Steps steps;
  std::vector<Route> routes;
  DuplicatePolicy duplicates;       // of what is received
  std::optional<Retention> retain;  // none: the engine's
  std::vector<IndexKey> index;
  std::vector<AlertRule> alerts = Route().alerts;       // of what is not yet routed
  std::map<std::string, Notified, std::less<>> notify;  // by AlertRule::notify
  std::optional<ReplyPolicy> reply;
  std::vector<std::string> facts;  // Intake::named_facts(), for this channel and those that it feeds
  bool refuses_faults = false;     // `on_fault: refuse`: a fault in a shared step is the sender's to hear

  // A message of this channel, as it came from the source.
  Result<Body> read(const Bytes& received) const { return Body::read(accept.body, received, charset); }
  const Route* find_route(std::string_view name) const;
};

}  // namespace myelin
