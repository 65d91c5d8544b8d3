#include "tests/unit/net/certificates.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string_view>

namespace myelin::net::test {
namespace {

namespace fs = std::filesystem;

// Made once for the process, in a directory that goes with it: making keys takes longer than all tests.
class Shared {
 public:
  Shared() {
    std::string pattern = (fs::temp_directory_path() / "myelin-keys-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
    const auto in = " cd '" + directory.string() + "' && ";
    std::ofstream(directory / "make.sh") << kScript;
    const auto command = in + "sh make.sh >make.log 2>&1";
    if (std::system(command.c_str()) != 0) ADD_FAILURE() << "the openssl command failed, see " << directory;
  }
  ~Shared() {
    std::error_code ignored;
    fs::remove_all(directory, ignored);
  }
  fs::path directory;

 private:
  static constexpr std::string_view kScript = R"(set -e
key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
authority() { key "$1"; openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 2 -out "$1.pem"; }
signed() {
  key "$1"
  openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr"
  if [ -n "$4" ]; then printf 'subjectAltName=%s\n' "$4" > "$1.ext"; else : > "$1.ext"; fi
  openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
}
authority authority
authority other
signed server server.example authority 'DNS:server.example,DNS:*.wild.example,IP:127.0.0.1'
signed client client.example authority ''
signed stranger client.example other ''
openssl pkey -in client.key -aes256 -passout pass:secret -out locked.key
)";
};

const fs::path& shared_directory() {
  static const Shared shared;
  return shared.directory;
}

}  // namespace

Certificates::Certificates() {
  std::string pattern = (fs::temp_directory_path() / "myelin-net-XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  for (const auto& entry : fs::directory_iterator(shared_directory()))
    fs::copy_file(entry.path(), directory_ / entry.path().filename());
}

Certificates::~Certificates() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

TlsSettings Certificates::server() const {
  TlsSettings settings;
  settings.certificate = file("server.pem");
  settings.key = file("server.key");
  return settings;
}

TlsSettings Certificates::mutual_server() const {
  auto settings = server();
  settings.authorities = file("authority.pem");
  settings.require_peer = true;
  return settings;
}

TlsSettings Certificates::client() const {
  TlsSettings settings;
  settings.certificate = file("client.pem");
  settings.key = file("client.key");
  settings.authorities = file("authority.pem");
  return settings;
}

}  // namespace myelin::net::test
