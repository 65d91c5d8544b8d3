#include "adapters/channel/spec.h"

#include "adapters/channel/destination.h"
#include "adapters/channel/source.h"

namespace myelin::channel {
namespace {

using config::Options;
using config::Spec;
using config::Type;

const Spec& connection_spec() {
  static const Spec kSpec{
      .name = "channel",
      .doc =
          "Another channel of this engine. `to: { channel: NAME }` hands each message to that channel's intake, "
          "durably; "
          "`source: { channel: {} }` is the source of a channel that only others feed. Any running channel may be fed",
      .options =
          {
              {.name = "name",
               .type = Type::name,
               .fallback = {},
               .doc = "a destination: the channel that gets the messages",
               .example = "lab-results"},
              {.name = "timeout",
               .type = Type::duration,
               .fallback = "30s",
               .doc = "a destination: how long the other channel may take to store a message",
               .example = "10s",
               .least = 1,
               .most = 86'400'000},
          },
      .example = "to-lab:\n  kind: channel\n  name: lab-results",
  };
  return kSpec;
}

Fault at(const config::Place& place, std::string detail) {
  return Fault{FaultCode::bad_configuration, std::move(detail), {}, config::to_string(place)};
}

Result<SourceFactory> make_source(const Options& options) {
  if (options.given("name"))
    return fail(at(options.place("name"), "a source does not name who feeds it; say source: { channel: {} }"));
  return SourceFactory([](Loop& loop) { return std::make_unique<ChannelSource>(loop); });
}

Result<DestinationFactory> make_destination(const Options& options) {
  if (!options.given("name")) return fail(at(options.place(), "a destination needs `name`: to: { channel: NAME }"));
  return DestinationFactory([name = options.text("name"), timeout = options.duration("timeout")](Loop& loop) {
    return std::make_unique<ChannelDestination>(loop, name, timeout);
  });
}

std::string listens_on(const Options&) { return {}; }
std::string feeds(const Options& options) { return options.text("name"); }

}  // namespace

AdapterKind kind() {
  return {.name = "channel",
          .doc = connection_spec().doc,
          .connection = &connection_spec(),
          .make_source = make_source,
          .make_destination = make_destination,
          .listens_on = listens_on,
          .short_for = "name",
          .feeds = feeds};
}

}  // namespace myelin::channel
