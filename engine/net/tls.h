// TLS by OpenSSL 3: certificate, key and authorities by reference, TLS 1.2 or later, names checked by us.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::net {

struct TlsSettings {
  std::string certificate;          // PEM chain file
  std::string key;                  // PEM file
  std::string authorities;          // PEM file; empty: the system's (client) or none (server)
  bool require_peer = false;        // server: mutual TLS
  std::vector<std::string> names;   // peer names that are allowed (SAN DNS or IP, else CN); empty: client checks the host
};

class TlsContext;  // shared by all connections of one listener or connector; see tls.cpp

// key_unreadable with the path and OpenSSL's reason, also when key and certificate do not belong together.
Result<std::shared_ptr<TlsContext>> make_tls_server(const TlsSettings& settings);
Result<std::shared_ptr<TlsContext>> make_tls_client(const TlsSettings& settings);

}  // namespace myelin::net
