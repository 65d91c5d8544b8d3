#include "adapters/mllp/spec.h"

#include <filesystem>

#include "adapters/mllp/destination.h"
#include "adapters/mllp/settings.h"
#include "adapters/mllp/source.h"

namespace myelin::mllp {
namespace {

using config::Option;
using config::Options;
using config::Spec;
using config::Type;

constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
constexpr std::int64_t kGiB = std::int64_t{1024} * 1024 * 1024;

const Spec& tls_spec() {
  static const Spec kSpec{
      .name = "mllp tls",
      .doc =
          "TLS 1.2 or later, by files in PEM; `tls: { }` alone is enough for a client that trusts the system's "
          "authorities",
      .options =
          {
              {.name = "certificate",
               .type = Type::file,
               .fallback = {},
               .doc = "our certificate, followed by those between it and its authority; a listener needs it",
               .example = "/etc/myelin/tls/myelin.pem"},
              {.name = "key",
               .type = Type::file,
               .fallback = {},
               .doc = "the key of the certificate, without pass phrase",
               .example = "/etc/myelin/tls/myelin.key"},
              {.name = "authorities",
               .type = Type::file,
               .fallback = {},
               .doc = "the authorities that we trust to sign the peer's certificate; a client without it trusts the "
                      "system's",
               .example = "/etc/myelin/tls/hospital-ca.pem"},
              {.name = "names",
               .type = Type::names,
               .fallback = {},
               .doc = "the peer's certificate must carry one of these names; without it a client wants the host that "
                      "it dials",
               .example = "[lab.hospital.example, '*.lab.hospital.example']"},
              {.name = "require_peer",
               .type = Type::boolean,
               .fallback = "false",
               .doc = "a listener asks every client for a certificate of our authorities (mutual TLS)",
               .example = "true"},
          },
      .example = {},
  };
  return kSpec;
}

Option limit(std::string_view name, std::string_view fallback, std::string_view doc, std::int64_t least) {
  return {.name = name,
          .type = Type::duration,
          .fallback = fallback,
          .doc = doc,
          .example = fallback,
          .least = least,
          .most = kDayMs};
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
               .nested = &tls_spec()},
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
               .doc =
                   "how a source answers: `original` (AA, AE, AR) or `msh` (as MSH-15 and 16 ask; not in this version)",
               .example = "original",
               .choices = {"original", "msh"}},
              limit("first_byte", "30s", "how long a new connection to a source may say nothing; 0s: for ever", 0),
              limit("frame_timeout", "120s", "how long a source waits from the first byte of a frame to its last", 1),
              limit("idle", "0s", "how long a connection to a source may rest between two frames; 0s: for ever", 0),
              limit("timeout", "30s",
                    "how long a destination waits for the answer; then it closes and the lane tries again", 1),
              limit("connect_timeout", "10s", "how long a destination tries to connect, TLS included", 1),
          },
      .example = "pas:\n  kind: mllp\n  listen: 127.0.0.1:2575\n  max_connections: 50",
  };
  return kSpec;
}

Fault at(const config::Place& place, FaultCode code, std::string detail) {
  return Fault{code, std::move(detail), {}, config::to_string(place)};
}

Result<std::optional<net::Address>> address_of(const Options& options, std::string_view name) {
  if (!options.given(name)) return std::optional<net::Address>();
  const auto parsed = config::parse_address(options.text(name));
  if (!parsed) return fail(at(options.place(name), FaultCode::bad_address, options.text(name) + " is not HOST:PORT"));
  return std::optional<net::Address>(net::Address{parsed->host, parsed->port});
}

// A relative path starts at the configuration directory: where connections.yaml is, or above channels/.
std::string file_of(const Options& tls, std::string_view name) {
  const std::filesystem::path path = tls.text(name);
  const auto& source = tls.place(name).source;
  if (path.empty() || path.is_absolute() || !source) return path.string();
  auto directory = std::filesystem::path(source->path()).parent_path();
  if (directory.filename() == "channels") directory = directory.parent_path();
  return (directory / path).string();
}

Result<std::shared_ptr<net::TlsContext>> tls_of(const Options& options, bool server) {
  const Options* tls = options.nested("tls");
  if (tls == nullptr) return std::shared_ptr<net::TlsContext>();
  net::TlsSettings settings;
  settings.certificate = file_of(*tls, "certificate");
  settings.key = file_of(*tls, "key");
  settings.authorities = file_of(*tls, "authorities");
  settings.names = tls->names("names");
  settings.require_peer = tls->boolean("require_peer");
  auto made = server ? net::make_tls_server(settings) : net::make_tls_client(settings);
  if (!made) made.error().place = config::to_string(tls->place());
  return made;
}

Result<MllpSettings> settings_of(const Options& options) {
  MllpSettings settings;
  if (options.given("listen") == options.given("connect"))
    return fail(
        at(options.place(), FaultCode::bad_configuration, "an mllp connection needs one of `listen` and `connect`"));
  if (options.text("ack") == "msh")
    return fail(
        at(options.place("ack"), FaultCode::bad_configuration, "`ack: msh` is designed, but not in this version"));
  auto listen = address_of(options, "listen");
  if (!listen) return fail(listen);
  auto connect = address_of(options, "connect");
  if (!connect) return fail(connect);
  auto tls = tls_of(options, listen->has_value());
  if (!tls) return fail(tls);
  settings.listen = std::move(*listen);
  settings.connect = std::move(*connect);
  settings.tls = std::move(*tls);
  settings.max_frame = static_cast<std::size_t>(options.size("max_frame"));
  settings.max_connections = static_cast<std::size_t>(options.integer("max_connections"));
  settings.first_byte = options.duration("first_byte");
  settings.frame_timeout = options.duration("frame_timeout");
  settings.idle = options.duration("idle");
  settings.answer_timeout = options.duration("timeout");
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
  return DestinationFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<MllpDestination>(loop, settings); });
}

std::string listens_on(const Options& options) { return options.text("listen"); }

}  // namespace

AdapterKind kind() {
  return {.name = "mllp",
          .doc = connection_spec().doc,
          .connection = &connection_spec(),
          .make_source = make_source,
          .make_destination = make_destination,
          .listens_on = listens_on};
}

}  // namespace myelin::mllp
