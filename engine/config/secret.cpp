// Reading a reference to a secret, and the secret itself as late as possible.
#include "engine/config/secret.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

namespace myelin::config {

namespace {

constexpr std::size_t kMaxSecret = 64 * 1024;
constexpr std::array<std::string_view, 3> kKinds = {"env", "file", "credential"};

Result<std::string> usable(std::string text, const std::string& where) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(FaultCode::secret_missing, "the secret in " + where + " is empty");
  return text;
}

Result<std::string> from_file(const std::string& path, const std::string& where) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(FaultCode::secret_missing, "cannot open the secret in " + where);
  std::string text(kMaxSecret + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(FaultCode::secret_missing, "cannot read the secret in " + where);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kMaxSecret) return fail(FaultCode::secret_missing, "the secret in " + where + " is over 64 KiB");
  return usable(std::move(text), where);
}

}  // namespace

std::optional<SecretReference> read_secret(const Node& node, Diagnostics& diagnostics) {
  if (node.is_scalar()) {
    diagnostics.add("C0006", node.place(), "a secret is written into the file",
                    "say where it is: { env: NAME }, { file: PATH } or { credential: NAME }");
    return std::nullopt;
  }
  if (!node.is_map() || node.entries().size() != 1) {
    diagnostics.add("C0003", node.place(), "a secret is a map with one key",
                    "one of { env: NAME }, { file: PATH }, { credential: NAME }");
    return std::nullopt;
  }
  const auto& entry = node.entries().front();
  if (std::find(kKinds.begin(), kKinds.end(), entry.key) == kKinds.end()) {
    diagnostics.add("C0001", entry.key_place, "a secret does not come from '" + entry.key + "'",
                    "one of { env: NAME }, { file: PATH }, { credential: NAME }");
    return std::nullopt;
  }
  if (!entry.value.is_scalar() || entry.value.text().empty()) {
    diagnostics.add("C0003", entry.value.place(), "'" + entry.key + "' needs a name");
    return std::nullopt;
  }
  if (entry.key == "credential" && entry.value.text().find('/') != std::string::npos) {
    diagnostics.add("C0008", entry.value.place(), "a credential is a name, not a path",
                    "for a path say { file: PATH }");
    return std::nullopt;
  }
  return SecretReference{entry.key, entry.value.text()};
}

Result<std::string> resolve_secret(const SecretReference& reference) {
  if (reference.kind == "env") {
    const char* text = std::getenv(reference.name.c_str());
    if (!text) return fail(FaultCode::secret_missing, "the environment has no " + reference.name);
    return usable(text, "environment variable " + reference.name);
  }
  if (reference.kind == "file") return from_file(reference.name, "file " + reference.name);
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (!directory)
    return fail(FaultCode::secret_missing,
                "there is no CREDENTIALS_DIRECTORY for credential " + reference.name + " (LoadCredential= of systemd)");
  return from_file(std::string(directory) + "/" + reference.name, "credential " + reference.name);
}

}  // namespace myelin::config
