// Who we are to a peer and who a peer is to us: Authorization by bearer token or by user and password. Secrets are
// references; they are resolved when they are needed, so that a rotated file counts without a restart.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/config/secret.h"

namespace myelin::http {

struct Credentials {
  std::string user;                // empty: bearer
  config::SecretReference secret;  // the token or the password
};

std::string base64(std::string_view bytes);

// The Authorization field's value. secret_missing.
Result<std::string> authorization(const Credentials& credentials);

// Keeps the door of a source. Holds digests only, and compares them in constant time.
class Doorkeeper {
 public:
  explicit Doorkeeper(std::optional<Credentials> credentials) : credentials_(std::move(credentials)) {}

  // secret_missing. Before the first question, so that a source without its secret does not open.
  Result<void> learn(MonoTime now);
  bool lets_in(std::string_view authorization_field, MonoTime now);
  // WWW-Authenticate of a refusal.
  std::string challenge() const;

  static constexpr Duration kForgets = seconds(10);  // then the secret is resolved again

 private:
  std::optional<Credentials> credentials_;
  Sha256 expected_{};
  MonoTime learnt_{};
};

}  // namespace myelin::http
