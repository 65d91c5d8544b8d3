// TlsContext and the checking of names, for the TLS files of this room only.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/tls.h"

namespace myelin::net {

class TlsContext {
 public:
  enum class Side : std::uint8_t { server, client };
  TlsContext(Side side, std::vector<std::string> names) : side_(side), names_(std::move(names)) {}

  Side side() const { return side_; }
  const std::vector<std::string>& names() const { return names_; }
  SSL_CTX* get() const { return context_.get(); }

  Result<void> load(const TlsSettings& settings);

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  Result<void> load_own(const TlsSettings& settings);
  Result<void> load_authorities(const TlsSettings& settings);

  Side side_;
  std::vector<std::string> names_;
  std::unique_ptr<SSL_CTX, Free> context_;
};

// The first reason that OpenSSL left on this thread, in its words; empties its queue.
std::string take_tls_reason();

// What the certificate says it is: its SAN entries of kind DNS and IP, or, where it has none, its common name.
std::vector<std::string> names_in(X509* certificate);

// Equal without regard to case, or `*.x` on either side for exactly one label of the other. IPs: exact text.
bool names_match(std::string_view one, std::string_view other);

}  // namespace myelin::net
