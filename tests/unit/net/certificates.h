// A small public key infrastructure in a temporary directory, made by the `openssl` command: one authority that signed
// a server (names server.example, *.wild.example, 127.0.0.1) and a client (client.example), and a stranger.
#pragma once

#include <filesystem>
#include <string>

#include "engine/net/tls.h"

namespace myelin::net::test {

class Certificates {
 public:
  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  const std::filesystem::path& directory() const { return directory_; }
  std::string file(const std::string& name) const { return (directory_ / name).string(); }

  TlsSettings server() const;         // server.pem
  TlsSettings mutual_server() const;  // the same, and asks for the client's
  TlsSettings client() const;         // trusts the authority, shows client.pem

 private:
  std::filesystem::path directory_;
};

}  // namespace myelin::net::test
