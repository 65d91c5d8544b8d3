// What the verbs that talk to a peer have in common on the command line: an address, and TLS.
#pragma once

#include <string>
#include <vector>

#include "engine/main/command.h"
#include "engine/net/socket.h"
#include "engine/net/tls.h"

namespace myelin {

struct TlsOptions {
  bool wanted = false;
  std::string authorities, certificate, key;
  std::vector<std::string> names;
  bool any() const { return wanted || !authorities.empty() || !certificate.empty() || !key.empty() || !names.empty(); }
  net::TlsSettings settings() const { return {certificate, key, authorities, false, names}; }
};

void declare_tls(Verb& verb, TlsOptions& tls);

// "HOST:PORT". bad_request.
Result<net::Address> read_address(const std::string& text);

}  // namespace myelin
