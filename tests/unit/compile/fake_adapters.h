// A catalogue with one adapter that opens no socket, so that the compiler is tested without the real ones.
#pragma once

#include <array>

#include "engine/model/adapter.h"

namespace myelin::testing {

inline const config::Spec& fake_connection_spec() {
  using config::Type;
  static const config::Spec kSpec{
      .name = "mllp",
      .doc = "a stand-in",
      .options = {
          {.name = "listen",
           .type = Type::address,
           .fallback = {},
           .required = false,
           .doc = "waits",
           .example = "127.0.0.1:2575"},
          {.name = "connect",
           .type = Type::address,
           .fallback = {},
           .required = false,
           .doc = "calls",
           .example = "127.0.0.1:2601"},
          {.name = "timeout",
           .type = Type::duration,
           .fallback = "30s",
           .required = false,
           .doc = "waits so long",
           .example = "30s"},
          {.name = "sequence",
           .type = Type::boolean,
           .fallback = "false",
           .required = false,
           .doc = "numbers its messages",
           .example = "true"},
          {.name = "tls", .type = Type::any, .fallback = {}, .required = false, .doc = "encrypts", .example = "{}"}}};
  return kSpec;
}

inline Result<SourceFactory> fake_source(const config::Options& options) {
  if (!options.given("listen")) return fail(FaultCode::bad_address, "a source needs `listen`");
  return SourceFactory([](Loop&) { return std::unique_ptr<Source>(); });
}

inline Result<DestinationFactory> fake_destination(const config::Options& options) {
  if (!options.given("connect")) return fail(FaultCode::bad_address, "a destination needs `connect`");
  return DestinationFactory([](Loop&) { return std::unique_ptr<Destination>(); });
}

inline std::string fake_listens_on(const config::Options& options) { return options.text("listen"); }

inline const config::Spec& fake_channel_spec() {
  static const config::Spec kSpec{
      .name = "channel",
      .doc = "a stand-in",
      .options = {
          {.name = "name", .type = config::Type::name, .fallback = {}, .doc = "who gets it", .example = "lab"}}};
  return kSpec;
}
inline Result<SourceFactory> any_source(const config::Options&) {
  return SourceFactory([](Loop&) { return std::unique_ptr<Source>(); });
}
inline Result<DestinationFactory> any_destination(const config::Options&) {
  return DestinationFactory([](Loop&) { return std::unique_ptr<Destination>(); });
}
inline std::string listens_nowhere(const config::Options&) { return {}; }
inline std::string fake_feeds(const config::Options& options) { return options.text("name"); }

// Who speaks TLS is known, and says more.
inline std::vector<std::string_view> fake_facts(const config::Options& options) {
  if (options.given("tls")) return {"user", "header", "query"};
  return {};
}

inline bool fake_numbers(const config::Options& options) { return options.boolean("sequence"); }

inline AdapterCatalog fake_adapters() {
  static const std::array<AdapterKind, 2> kAdapters = {{{.name = "mllp",
                                                         .doc = "a stand-in",
                                                         .connection = &fake_connection_spec(),
                                                         .make_source = fake_source,
                                                         .make_destination = fake_destination,
                                                         .listens_on = fake_listens_on,
                                                         .numbers = fake_numbers,
                                                         .facts = fake_facts},
                                                        {.name = "channel",
                                                         .doc = "a stand-in",
                                                         .connection = &fake_channel_spec(),
                                                         .make_source = any_source,
                                                         .make_destination = any_destination,
                                                         .listens_on = listens_nowhere,
                                                         .short_for = "name",
                                                         .feeds = fake_feeds}}};
  return kAdapters;
}

}  // namespace myelin::testing
