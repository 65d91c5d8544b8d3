#include "engine/main/traffic/peer_options.h"

#include "engine/config/spec.h"
#include "engine/main/workbench/message_file.h"

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
  if (!parsed) {
    const auto port = config::port_mistake(text);
    return fail(FaultCode::bad_request, "'" + text + "' is no address: " + (port.empty() ? "write HOST:PORT" : port));
  }
  return net::Address{parsed->host, parsed->port};
}

Result<Journal> open_journal(const std::string& path) {
  if (path.empty()) return Journal();
  return Journal::open(path);
}

void declare_sender(Verb& verb, SenderOptions& sender, const std::string& peer) {
  verb.required("--to", "HOST:PORT", sender.to, peer)
      .option("--connections", "N", sender.connections, "so many at once, each waits for its answer")
      .option("--rate", "N", sender.rate, "messages a second in all; as fast as answers come otherwise")
      .option("--timeout", "TIME", sender.timeout, "how long an answer may take (30s)")
      .option("--journal", "FILE", sender.journal, "append a line per message: time, MSH-10, reply, microseconds");
  declare_tls(verb, sender.tls);
}

Result<LoadOrder> begin_order(const SenderOptions& sender, const std::vector<FileToSend>& files) {
  LoadOrder order;
  auto to = read_address(sender.to);
  if (!to) return fail(to);
  order.to = *to;
  if (sender.connections < 1 || sender.connections > 10'000 || sender.rate < 0)
    return fail(FaultCode::bad_request, "--connections is 1 to 10000, --rate at least 0");
  for (const auto& file : files) {
    const auto content = read_input(file.path);
    if (!content) return std::unexpected(content.error());
    auto messages = file.as_is ? std::vector<std::string>{*content} : split_messages(*content);
    for (auto& message : messages) {
      order.messages.push_back(file.as_is ? std::move(message) : with_carriage_returns(message));
      order.weights.push_back(file.weight);
    }
  }
  if (order.messages.empty()) return fail(FaultCode::empty_message, "there is nothing to send in these files");
  if (sender.tls.any()) {
    auto tls = net::make_tls_client(sender.tls.settings());
    if (!tls) return fail(tls);
    order.tls = *tls;
  }
  order.connections = sender.connections;
  order.rate = sender.rate;
  order.timeout = sender.timeout;
  return order;
}

}  // namespace myelin
