// What the verbs that talk to a peer have in common on the command line: an address, TLS, a journal; and what those
// that send have in common: which messages, how many at once, how fast.
#pragma once

#include <string>
#include <vector>

#include "engine/main/command.h"
#include "engine/main/traffic/load.h"
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

// A journal that keeps nothing where `path` is empty.
Result<Journal> open_journal(const std::string& path);

struct SenderOptions {
  std::string to, journal;
  TlsOptions tls;
  std::int64_t connections = 1, rate = 0;
  Duration timeout = seconds(30);
};

void declare_sender(Verb& verb, SenderOptions& sender, const std::string& peer);

// A file of messages; as_is: one message, byte for byte. Otherwise it is taken apart and lines end in CR.
struct FileToSend {
  std::string path;
  std::int64_t weight = 1;
  bool as_is = false;
};

// The address, TLS, pace and messages of a load; its extent is the verb's.
Result<LoadOrder> begin_order(const SenderOptions& sender, const std::vector<FileToSend>& files);

}  // namespace myelin
