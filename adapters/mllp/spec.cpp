#include "adapters/mllp/spec.h"

#include "adapters/mllp/destination.h"
#include "adapters/mllp/numbered.h"
#include "adapters/mllp/settings.h"
#include "adapters/mllp/source.h"
#include "adapters/options/connection.h"

namespace myelin::mllp {
namespace {

using adapters::address_of;
using adapters::at;
using adapters::tls_of;
using config::Options;
using config::Spec;
using config::Type;

constexpr std::int64_t kGiB = std::int64_t{1024} * 1024 * 1024;

// Of each habit that there is a choice of.
const Spec& habits_spec() {
  static const Spec kSpec = [] {
    Spec spec{.name = "habits", .doc = "what this peer may do, and what is refused", .options = {}};
    for (const auto& entry : hl7::habit_table()) {
      if (entry.strict == hl7::Strict::none) continue;
      spec.options.push_back({.name = entry.name,
                              .type = Type::choice,
                              .fallback = entry.refused ? "strict" : "tolerant",
                              .doc = entry.doc,
                              .example = entry.refused ? "tolerant" : "strict",
                              .choices = {"tolerant", "strict"}});
    }
    return spec;
  }();
  return kSpec;
}

const Spec& connection_spec() {
  static const Spec kSpec{
      .name = "mllp",
      .doc =
          "HL7 v2 over TCP in MLLP frames. A source listens and a destination connects, or the other way round where "
          "the peer insists; exactly one of `listen` and `connect` is given",
      .options =
          {
              {.name = "listen",
               .type = Type::address,
               .fallback = {},
               .doc = "wait for the peer here; `:2575` means every interface of this machine",
               .example = "127.0.0.1:2575"},
              {.name = "connect",
               .type = Type::address,
               .fallback = {},
               .doc = "dial the peer there",
               .example = "lab.hospital.example:2575"},
              {.name = "tls",
               .type = Type::map,
               .fallback = {},
               .doc = "encrypt the connection, and check who is at the other end",
               .example = "{ authorities: /etc/myelin/tls/hospital-ca.pem }",
               .nested = &adapters::tls_spec()},
              {.name = "max_frame",
               .type = Type::size,
               .fallback = "64MiB",
               .doc = "the largest message; a larger one is answered AR and the connection closed",
               .example = "16MiB",
               .least = 1024,
               .most = kGiB},
              {.name = "max_connections",
               .type = Type::integer,
               .fallback = "1000",
               .doc = "connections at one time to a listener; more are closed at once",
               .example = "50",
               .least = 1,
               .most = 100'000},
              {.name = "ack",
               .type = Type::choice,
               .fallback = "original",
               .doc = "how a source answers: `original` (AA, AE, AR) or `msh` (as MSH-15 and 16 ask: AL, NE, ER, SU; "
                      "CA, CE, CR and AA, AE, AR)",
               .example = "msh",
               .choices = {"original", "msh"}},
              {.name = "release",
               .type = Type::choice,
               .fallback = "1",
               .doc = "of MLLP. 2: a source tells a frame committed (06) or not (15) before it answers, and a "
                      "destination is told so; both sides must have agreed to it",
               .example = "2",
               .choices = {"1", "2"}},
              {.name = "sequence",
               .type = Type::choice,
               .fallback = "off",
               .doc = "the sequence number protocol of MSH-13; both sides must have agreed to it. A source takes only "
                      "the number that comes next; a destination numbers its messages, and where the peer expects "
                      "another number it holds the route (`hold`) or begins anew with -1 (`resynchronise`)",
               .example = "hold",
               .choices = {"off", "hold", "resynchronise"}},
              {.name = "habits",
               .type = Type::map,
               .fallback = {},
               .doc = "which habits of the peer are borne (`tolerant`) and which are not (`strict`); `myelin explain "
                      "habits` lists them, `myelin status` shows which a peer has",
               .example = "{ lf_segments: strict, no_start: tolerant }",
               .nested = &habits_spec()},
              adapters::time_limit("first_byte", "30s",
                                   "how long a new connection to a source may say nothing; 0s: for ever", 0),
              adapters::time_limit("frame_timeout", "120s",
                                   "how long a source waits from the first byte of a frame to its last", 1),
              adapters::time_limit("idle", "0s",
                                   "how long a connection to a source may rest between two frames; 0s: for ever", 0),
              adapters::time_limit(
                  "timeout", "30s",
                  "how long a destination waits for the answer; then it closes and the lane tries again", 1),
              {.name = "application_timeout",
               .type = Type::duration,
               .fallback = "1h",
               .doc = "how long a destination waits for the application's answer after CA, where the message asks for "
                      "one (MSH-16 is AL, SU or ER); it comes on this connection or through any source; 0s: CA is "
                      "enough",
               .example = "2d",
               .least = 0,
               .most = std::int64_t{30} * 24 * 60 * 60 * 1000},
              adapters::time_limit("connect_timeout", "10s", "how long a destination tries to connect, TLS included",
                                   1),
          },
      .example = "pas:\n  kind: mllp\n  listen: 127.0.0.1:2575\n  max_connections: 50",
  };
  return kSpec;
}

MllpSettings::Sequence sequence_of(const Options& options) {
  using Sequence = MllpSettings::Sequence;
  const auto& word = options.text("sequence");
  return word == "hold" ? Sequence::hold : word == "resynchronise" ? Sequence::resynchronise : Sequence::off;
}

bool numbers(const Options& options) { return sequence_of(options) != MllpSettings::Sequence::off; }

Result<MllpSettings> settings_of(const Options& options) {
  MllpSettings settings;
  if (options.given("listen") == options.given("connect"))
    return fail(
        at(options.place(), FaultCode::bad_configuration, "an mllp connection needs one of `listen` and `connect`"));
  auto listen = address_of(options, "listen");
  if (!listen) return fail(listen);
  auto connect = address_of(options, "connect");
  if (!connect) return fail(connect);
  auto tls = tls_of(options, listen->has_value() ? adapters::TlsSide::server : adapters::TlsSide::client);
  if (!tls) return fail(tls);
  settings.listen = std::move(*listen);
  settings.connect = std::move(*connect);
  settings.tls = std::move(*tls);
  settings.ack_as_msh_asks = options.text("ack") == "msh";
  settings.commit_blocks = options.text("release") == "2";
  settings.sequence = sequence_of(options);
  if (const auto* habits = options.nested("habits"))
    for (const auto& option : habits_spec().options)
      settings.strict.set(static_cast<std::size_t>(*hl7::find_habit(option.name)),
                          habits->text(option.name) == "strict");
  settings.max_frame = static_cast<std::size_t>(options.size("max_frame"));
  settings.max_connections = static_cast<std::size_t>(options.integer("max_connections"));
  settings.first_byte = options.duration("first_byte");
  settings.frame_timeout = options.duration("frame_timeout");
  settings.idle = options.duration("idle");
  settings.answer_timeout = options.duration("timeout");
  settings.application_timeout = options.duration("application_timeout");
  settings.connect_timeout = options.duration("connect_timeout");
  return settings;
}

Result<SourceFactory> make_source(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings);
  return SourceFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<MllpSource>(loop, settings); });
}

Result<DestinationFactory> make_destination(const Options& options) {
  auto settings = settings_of(options);
  if (!settings) return fail(settings);
  return DestinationFactory([settings = std::move(*settings)](Loop& loop) -> std::unique_ptr<Destination> {
    auto destination = std::make_unique<MllpDestination>(loop, settings);
    if (settings.sequence == MllpSettings::Sequence::off) return destination;
    const bool anew = settings.sequence == MllpSettings::Sequence::resynchronise;
    return std::make_unique<NumberedDestination>(loop, std::move(destination), anew);
  });
}

std::string listens_on(const Options& options) { return options.text("listen"); }

std::vector<std::string_view> facts(const Options& options) {
  if (adapters::knows_peer(options)) return {"user"};
  return {};
}

}  // namespace

AdapterKind kind() {
  return {.name = "mllp",
          .doc = connection_spec().doc,
          .connection = &connection_spec(),
          .make_source = make_source,
          .make_destination = make_destination,
          .listens_on = listens_on,
          .numbers = numbers,
          .facts = facts};
}

}  // namespace myelin::mllp
