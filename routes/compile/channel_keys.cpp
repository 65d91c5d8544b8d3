// The keys of a channel file and of its `accept`, each declared once.
#include "routes/compile/channel_file.h"
#include "routes/compile/retain.h"

namespace myelin::routes {
namespace {

using config::Spec;
using config::Type;

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
              {.name = "alerts",
               .type = Type::any,
               .fallback = {},
               .required = false,
               .doc =
                   "when a person is told of what waits here, for each route that does not say otherwise, and of what "
                   "is not yet routed",
               .example = "[ { oldest: 10m, severity: critical } ]"},
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

}  // namespace myelin::routes
