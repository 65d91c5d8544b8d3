// The keys of a test, each declared once.
#include "routes/compile/channel_file.h"

namespace myelin::routes {
namespace {

using config::Spec;
using config::Type;

}  // namespace

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
               .doc = "a message: a file beside the channel, { text: … }, or a list with `after: 2s` between; with "
                      "`named`, "
                      "`user`, `header`, `query`: how it came",
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
