// The keys of a route and of its parts, each declared once, in the order in which `fmt` writes them.
#include "routes/compile/channel_file.h"

namespace myelin::routes {
namespace {

using config::Spec;
using config::Type;

}  // namespace

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
              {.name = "duplicates",
               .type = Type::any,
               .fallback = "none",
               .required = false,
               .doc = "how long what this peer got is not sent to it again: the same but for MSH-7; or a map with "
                      "`fields` of what is sent",
               .example = "1h"},
              {.name = "keep",
               .type = Type::choice,
               .fallback = "nothing",
               .required = false,
               .doc =
                   "bytes: what the peer took is kept as it was sent, as long as the message is; nothing: it is made "
                   "again of the message when somebody asks",
               .example = "bytes",
               .choices = {"nothing", "bytes"}},
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
               .doc = "how far apart, whatever a web server says in Retry-After; that comes first where this is not "
                      "written",
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

}  // namespace myelin::routes
