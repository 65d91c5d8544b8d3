// The keys of a channel file, each declared once. What stands as designed is part of the language (see
// channel-language.md) and draws C0009 until it is built.
#include "routes/compile/channel_file.h"
#include "routes/compile/retain.h"

namespace myelin::routes {
namespace {

using config::Option;
using config::Spec;
using config::Stage;
using config::Type;

Option designed(std::string_view name, std::string_view doc, std::string_view example) {
  return {.name = name,
          .type = Type::any,
          .fallback = {},
          .required = false,
          .doc = doc,
          .example = example,
          .stage = Stage::designed};
}

}  // namespace

const Spec& channel_spec() {
  static const Spec kSpec{
      .name = "channel",
      .doc = "one channel: a source, what it accepts, shared steps, and routes",
      .options =
          {
              {.name = "channel",
               .type = Type::name,
               .fallback = {},
               .required = true,
               .doc = "the name, for ever: queues and metrics carry it",
               .example = "adt"},
              {.name = "about",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "what it is for, in one sentence",
               .example = "Admissions to the laboratory"},
              {.name = "version",
               .type = Type::choice,
               .fallback = "2.5.1",
               .required = false,
               .doc = "the HL7 version whose dictionary names the fields; it refuses nothing",
               .example = "\"2.5.1\"",
               .choices = {"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1",
                           "2.8.2", "2.9"}},
              {.name = "zone",
               .type = Type::text,
               .fallback = {},
               .required = false,
               .doc = "the time zone of times that come without an offset; `date` and in_zone() need it",
               .example = "Europe/Amsterdam"},
              {.name = "state",
               .type = Type::choice,
               .fallback = "running",
               .required = false,
               .doc = "running; paused: messages come in and wait; disabled: checked, but not started",
               .example = "paused",
               .choices = {"running", "paused", "disabled"}},
              {.name = "source",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc = "where messages come from: a connection's name, or one kind with its options",
               .example = "pas"},
              {.name = "accept",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "what is taken; the rest is refused, and the sender is told why",
               .example = "{ types: [ADT^A01] }",
               .nested = &accept_spec()},
              {.name = "duplicates",
               .type = Type::any,
               .fallback = "10m",
               .required = false,
               .doc = "how long the same message again is answered but not forwarded; none: never; or a map with "
                      "`fields`",
               .example = "1h"},
              {.name = "index",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what messages can be searched by: names, each with a path or a list of them",
               .example = "{ mrn: \"PID[*]-3[5=MR].1\" }"},
              {.name = "retain",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "how long messages are kept once they are finished; as myelin.yaml has it when not said",
               .example = "{ days: 30, parked: 180 }",
               .nested = &retain_spec()},
              {.name = "steps",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "steps that every route shares, before it is decided which routes want the message",
               .example = "[]"},
              {.name = "on_fault",
               .type = Type::choice,
               .fallback = "keep",
               .required = false,
               .doc = "a fault in a shared step: keep, the message is stored, acknowledged, and waits for a person; "
                      "refuse, "
                      "the sender gets AE with the place and keeps the message",
               .example = "refuse",
               .choices = {"keep", "refuse"}},
              {.name = "reply",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc =
                   "what the sender is answered with: a peer's own answer, or ours, shaped; AA as soon as the message "
                   "is stored when not said",
               .example = "{ from: pharmacy, within: 15s, otherwise: AE, then: discard }",
               .nested = &reply_spec()},
              {.name = "routes",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc = "where messages go: a map of names and routes",
               .example = "{ lab: { to: lab } }"},
              {.name = "tests",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "examples that must hold; `myelin test` runs them",
               .example = "[]"},
              {.name = "was",
               .type = Type::name,
               .fallback = {},
               .required = false,
               .doc = "the channel's former name: what waits under it goes on under the new one",
               .example = "old-adt"},
          },
      .example = "channel: adt\nsource: pas\nroutes:\n  lab: { to: lab }",
  };
  return kSpec;
}

const Spec& accept_spec() {
  static const Spec kSpec{
      .name = "accept",
      .doc = "what is taken before anything is stored; a refusal is answered AR (type, version) or AE (content)",
      .options =
          {
              {.name = "body",
               .type = Type::choice,
               .fallback = "hl7",
               .required = false,
               .doc = "what the channel carries: HL7 v2, or JSON, XML or bytes, which are stored and passed on as they "
                      "came "
                      "and have no paths",
               .example = "json",
               .choices = {"hl7", "json", "xml", "bytes"}},
              {.name = "types",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "message types as MSH-9 has them; * for any event; all when not said. Of JSON the resourceType, "
                      "of XML "
                      "the root",
               .example = "[ADT^A01, ADT^A08, ORU^*]"},
              {.name = "versions",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "HL7 versions as MSH-12 has them; all when not said",
               .example = "[\"2.3\", \"2.5.1\"]"},
              {.name = "validate",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "a profile, or checks in order: `validate`, `require`, `reject`, each with `when` if wanted",
               .example = "[ { require: [PID-3] } ]"},
          },
      .example = "types: [ADT^A01]\nvalidate:\n  - require: [PID-3]",
  };
  return kSpec;
}

const Spec& route_spec() {
  static const Spec kSpec{
      .name = "route",
      .doc = "one way out: what it wants, to whom, and what is changed on the way",
      .options =
          {
              {.name = "when",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "which messages it wants, decided when they are stored; all when not said",
               .example = "PV1-2 == \"I\""},
              {.name = "to",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc =
                   "a connection's name, or one kind with its options; or several: a list of names, or a formula that "
                   "gives one or a list. Each recipient has a queue of its own, ROUTE:NAME",
               .example = "lab"},
              {.name = "split",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "one message for each group or segment of this name: the headers stay, set ids are counted anew, "
                      "MSH-10 gets the part's number (MSG1.2); the steps know $part and $parts",
               .example = "ORDER_OBSERVATION"},
              {.name = "order",
               .type = Type::any,
               .fallback = "fifo",
               .required = false,
               .doc =
                   "fifo: one after the other, in the order of arrival; none: all at once; or `by:` keys, for example "
                   "one patient after the other and patients beside each other",
               .example = "{ by: \"PID[*]-3[5=MR].1\" }"},
              {.name = "priority",
               .type = Type::any,
               .fallback = "normal",
               .required = false,
               .doc = "critical, high, normal or low, or a formula that gives one, decided when the message is stored: "
                      "which key goes first when not all can, with `order: none` which message; nothing starves",
               .example = "=if(any(ORC, ORC-7.6 == \"S\"), \"critical\", \"normal\")"},
              {.name = "after",
               .type = Type::name,
               .fallback = {},
               .required = false,
               .doc =
                   "a route that must have delivered the message first; what it filtered, discarded or did not want is "
                   "not waited for",
               .example = "archive"},
              {.name = "steps",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what is changed for this peer, done when it is sent",
               .example = "[]"},
              {.name = "retry",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "the pauses while the peer cannot be reached; it is tried for ever",
               .example = "{ first: 1s, longest: 5m }",
               .nested = &retry_spec()},
              {.name = "on_reply",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what a peer's answer means, row by row, before the defaults",
               .example = "[ { AE: hold } ]"},
              {.name = "rate",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "how fast the peer may be asked, each attempt counted; as fast as it answers when not said",
               .example = "{ per_minute: 600, burst: 20 }",
               .nested = &rate_spec()},
              {.name = "delay",
               .type = Type::duration,
               .fallback = "0s",
               .required = false,
               .doc = "how long a message rests, from its receipt on, before it goes for the first time; it keeps its "
                      "place",
               .example = "30s",
               .least = 0,
               .most = 604'800'000},
              {.name = "alerts",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "when a person is told; unless said otherwise: the oldest is 15 minutes old, anything is parked "
                      "or held",
               .example = "[ { oldest: 2m, severity: critical } ]"},
              {.name = "open",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "the hours in which the peer takes messages, in the channel's `zone`, one or a list; outside of "
                      "them "
                      "they wait in their place",
               .example = "[\"mon-fri 07:00-19:00\", \"sat 08:00-12:00\"]"},
              {.name = "collect",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "messages wait for each other and go as one file or request; each when not said",
               .example = "{ count: 100, within: 10m }",
               .nested = &collect_spec()},
              {.name = "answers",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "the peer's answer to each message that it took becomes a message of another channel",
               .example = "{ channel: order-answers }",
               .nested = &answers_spec()},
              {.name = "settle",
               .type = Type::choice,
               .fallback = "together",
               .required = false,
               .doc = "each: every answer is on the disk before the next message goes; for peers that cannot bear a "
                      "repeat",
               .example = "each",
               .choices = {"together", "each"}},
              designed("duplicates", "the window of this route", "10m"),
              designed("keep", "what is kept of what was sent", "bytes"),
              {.name = "was",
               .type = Type::name,
               .fallback = {},
               .required = false,
               .doc =
                   "the route's former name: what waits under it goes on under the new one, in its order; without it, "
                   "the queue of a route that is gone stays, visible and held",
               .example = "old-lab"},
          },
      .example = "to: lab\nsteps:\n  - set: { MSH-5: LAB }",
  };
  return kSpec;
}

const Spec& retry_spec() {
  static const Spec kSpec{
      .name = "retry",
      .doc = "pauses between attempts: a random time up to first, doubled each time, up to longest",
      .options =
          {
              {.name = "first",
               .type = Type::duration,
               .fallback = "1s",
               .required = false,
               .doc = "the first pause is at most this",
               .example = "1s",
               .least = 1,
               .most = 86'400'000},
              {.name = "longest",
               .type = Type::duration,
               .fallback = "60s",
               .required = false,
               .doc = "no pause is longer than this",
               .example = "5m",
               .least = 1,
               .most = 86'400'000},
              {.name = "least",
               .type = Type::duration,
               .fallback = "100ms",
               .required = false,
               .doc = "no pause is shorter than this",
               .example = "100ms",
               .least = 1,
               .most = 86'400'000},
          },
      .example = "first: 1s\nlongest: 5m",
  };
  return kSpec;
}

const Spec& rate_spec() {
  static const Spec kSpec{
      .name = "rate",
      .doc = "for a peer that bears only so much: attempts are spread evenly",
      .options =
          {
              {.name = "per_minute",
               .type = Type::integer,
               .fallback = {},
               .required = true,
               .doc = "how many attempts a minute, repeats among them",
               .example = "600",
               .least = 1,
               .most = 6'000'000},
              {.name = "burst",
               .type = Type::integer,
               .fallback = "1",
               .required = false,
               .doc = "how many may go at once after a quiet time",
               .example = "20",
               .least = 1,
               .most = 1'000'000},
          },
      .example = "per_minute: 600\nburst: 20",
  };
  return kSpec;
}

const Spec& reply_retry_spec() {
  static const Spec kSpec{
      .name = "on_reply retry",
      .doc = "tries again a number of times, then gives the message to a person",
      .options =
          {
              {.name = "retry",
               .type = Type::integer,
               .fallback = {},
               .required = true,
               .doc = "how many answered refusals",
               .example = "10",
               .least = 1,
               .most = 1'000'000},
              {.name = "every",
               .type = Type::duration,
               .fallback = "20s",
               .required = false,
               .doc = "how far apart",
               .example = "1m",
               .least = 1,
               .most = 86'400'000},
              {.name = "then",
               .type = Type::choice,
               .fallback = "park",
               .required = false,
               .doc = "what follows them",
               .example = "park",
               .choices = {"park", "hold", "delivered"}},
          },
      .example = "retry: 10\nevery: 1m\nthen: park",
  };
  return kSpec;
}

const Spec& test_spec() {
  static const Spec kSpec{
      .name = "test",
      .doc = "an example that must hold; no peer is contacted, the clock is the message's own",
      .options =
          {
              {.name = "it",
               .type = Type::text,
               .fallback = {},
               .required = true,
               .doc = "what is so, as a sentence about the channel",
               .example = "tells the lab of an admission"},
              {.name = "given",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc = "a message: a file beside the channel, { text: … }, or a list with `after: 2s` between",
               .example = "samples/adt-a01.hl7"},
              {.name = "with",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what is different in the message this time",
               .example = "{ PID-8: X }"},
              {.name = "replies",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what each peer answers, in turn; AA when not said",
               .example = "{ lab: [AE, AA] }"},
              {.name = "answers",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc = "what each connection answers that a `call` asks, in turn: a file beside the channel, or a word "
                      "as in "
                      "`replies`; it cannot be reached when not said",
               .example = "{ mpi: samples/found.json }"},
              {.name = "run_for",
               .type = Type::duration,
               .fallback = {},
               .required = false,
               .doc = "how much time passes (at once: the clock is virtual)",
               .example = "10s"},
              {.name = "expect",
               .type = Type::any,
               .fallback = {},
               .required = true,
               .doc =
                   "ack, fault, at, filtered, others, reply (the answer, field by field), and each route by its name",
               .example = "{ ack: AA }"},
          },
      .example = "it: tells the lab\ngiven: samples/adt-a01.hl7\nexpect: { ack: AA }",
  };
  return kSpec;
}

}  // namespace myelin::routes
