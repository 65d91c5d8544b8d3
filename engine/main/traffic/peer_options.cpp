#include "engine/main/traffic/peer_options.h"

#include "engine/config/spec.h"

namespace myelin {

void declare_tls(Verb& verb, TlsOptions& tls) {
  verb.flag("--tls", tls.wanted, "speak TLS; any of the following says so too")
      .option("--tls-ca", "FILE", tls.authorities, "authorities that the peer's certificate must come from")
      .option("--tls-cert", "FILE", tls.certificate, "our own certificate")
      .option("--tls-key", "FILE", tls.key, "its key")
      .repeated("--tls-name", "NAME", tls.names, "a name that the peer's certificate may have");
}

Result<net::Address> read_address(const std::string& text) {
  const auto parsed = config::parse_address(text);
  if (!parsed) return fail(FaultCode::bad_request, "'" + text + "' is no address; write HOST:PORT");
  return net::Address{parsed->host, parsed->port};
}

}  // namespace myelin
