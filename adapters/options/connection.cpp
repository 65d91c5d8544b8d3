#include "adapters/options/connection.h"

#include <filesystem>

namespace myelin::adapters {

using config::Option;
using config::Options;
using config::Spec;
using config::Type;

const Spec& tls_spec() {
  static const Spec kSpec{
      .name = "tls",
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

Option time_limit(std::string_view name, std::string_view fallback, std::string_view doc, std::int64_t least) {
  constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
  return {.name = name,
          .type = Type::duration,
          .fallback = fallback,
          .doc = doc,
          .example = fallback,
          .least = least,
          .most = kDayMs};
}

Fault at(const config::Place& place, FaultCode code, std::string detail) {
  return Fault{code, std::move(detail), {}, config::to_string(place)};
}

Result<std::optional<net::Address>> address_of(const Options& options, std::string_view name) {
  if (!options.given(name)) return std::optional<net::Address>();
  const auto parsed = config::parse_address(options.text(name));
  if (!parsed) {
    const auto port = config::port_mistake(options.text(name));
    return fail(at(options.place(name), FaultCode::bad_address,
                   options.text(name) + " is no address: " + (port.empty() ? "write HOST:PORT" : port)));
  }
  return std::optional<net::Address>(net::Address{parsed->host, parsed->port});
}

namespace {

// A relative path starts at the configuration directory: where connections.yaml is, or above channels/.
std::string file_of(const Options& tls, std::string_view name) {
  const std::filesystem::path path = tls.text(name);
  const auto& source = tls.place(name).source;
  if (path.empty() || path.is_absolute() || !source) return path.string();
  auto directory = std::filesystem::path(source->path()).parent_path();
  if (directory.filename() == "channels") directory = directory.parent_path();
  return (directory / path).string();
}

}  // namespace

std::optional<net::TlsSettings> tls_settings_of(const Options& options) {
  const Options* tls = options.nested("tls");
  if (tls == nullptr) return std::nullopt;
  net::TlsSettings settings;
  settings.certificate = file_of(*tls, "certificate");
  settings.key = file_of(*tls, "key");
  settings.authorities = file_of(*tls, "authorities");
  settings.names = tls->names("names");
  settings.require_peer = tls->boolean("require_peer");
  return settings;
}

bool knows_peer(const Options& options) {
  const auto settings = tls_settings_of(options);
  return settings && settings->require_peer;
}

Result<std::shared_ptr<net::TlsContext>> tls_of(const Options& options, TlsSide side) {
  const auto settings = tls_settings_of(options);
  if (!settings) return std::shared_ptr<net::TlsContext>();
  auto made = side == TlsSide::server ? net::make_tls_server(*settings) : net::make_tls_client(*settings);
  if (!made) made.error().place = config::to_string(options.nested("tls")->place());
  return made;
}

}  // namespace myelin::adapters
