// Options that several kinds of connection have: TLS, addresses and time limits. Each is declared here once, so that
// `tls:` means the same wherever it stands.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/config/spec.h"
#include "engine/net/socket.h"
#include "engine/net/tls.h"

namespace myelin::adapters {

// Of the option `tls`.
const config::Spec& tls_spec();

// A duration with its fallback as the example; `least` in milliseconds, at most a day.
config::Option time_limit(std::string_view name, std::string_view fallback, std::string_view doc, std::int64_t least);

Fault at(const config::Place& place, FaultCode code, std::string detail);

// bad_address; nothing when the option was not given.
Result<std::optional<net::Address>> address_of(const config::Options& options, std::string_view name);

// What `tls:` says, with file names made whole; null without `tls:`.
std::optional<net::TlsSettings> tls_settings_of(const config::Options& options);

// Whether a peer of this source is known by its certificate.
bool knows_peer(const config::Options& options);

enum class TlsSide : std::uint8_t { server, client };
// key_unreadable at the place of `tls:`; null without `tls:`.
Result<std::shared_ptr<net::TlsContext>> tls_of(const config::Options& options, TlsSide side);

}  // namespace myelin::adapters
