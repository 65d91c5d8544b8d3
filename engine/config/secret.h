// Secret: a reference to a password or token, never the text itself: { env: NAME }, { file: PATH } or
// { credential: NAME } (systemd LoadCredential). It is resolved when it is needed and not kept, so that configuration,
// fingerprints and messages can be shown to anyone.
#pragma once

#include <optional>
#include <string>

#include "engine/base/fault.h"
#include "engine/config/node.h"

namespace myelin::config {

struct SecretReference {
  std::string kind;  // "env" "file" "credential"
  std::string name;
};

// Mistakes go to `diagnostics`; literal text is one of them, and is not repeated in the message.
std::optional<SecretReference> read_secret(const Node& node, Diagnostics& diagnostics);

// Without the last line end. secret_missing when it is not there, empty or over 64 KiB.
Result<std::string> resolve_secret(const SecretReference& reference);

}  // namespace myelin::config
