#include "routes/compile/retain.h"

namespace myelin::routes {

using config::Type;

const config::Spec& retain_spec() {
  static const config::Spec kSpec{
      .name = "retain",
      .doc = "how long messages are kept when all of their deliveries are finished; what is not finished never goes",
      .options =
          {
              {.name = "days",
               .type = Type::integer,
               .fallback = {},
               .required = false,
               .doc = "days from the receipt; for ever when not said",
               .example = "30",
               .least = 1,
               .most = 36'500},
              {.name = "parked",
               .type = Type::integer,
               .fallback = {},
               .required = false,
               .doc = "days for what a person had to decide about: parked or held once, then replayed, released or "
                      "discarded; as long as the others when not said",
               .example = "180",
               .least = 1,
               .most = 36'500},
              {.name = "bytes",
               .type = Type::size,
               .fallback = {},
               .required = false,
               .doc = "at most so many, of the messages as they came (in myelin.yaml: of the store's file); the oldest "
                      "finished ones go first, never those of the last hour",
               .example = "20GiB",
               .least = 1 << 20,
               .most = std::int64_t{1} << 50},
          },
      .example = "days: 30\nparked: 180\nbytes: 20GiB",
  };
  return kSpec;
}

Retention read_retain(const config::Options& options, config::Diagnostics& diagnostics) {
  Retention retain;
  retain.days = static_cast<int>(options.integer("days"));
  retain.parked = static_cast<int>(options.integer("parked"));
  retain.bytes = options.size("bytes");
  if (options.given("parked") && (!options.given("days") || retain.parked < retain.days))
    diagnostics.add("C0004", options.place("parked"), "`parked` says how much longer than `days` something is kept",
                    "retain: { days: 30, parked: 180 }");
  return retain;
}

}  // namespace myelin::routes
