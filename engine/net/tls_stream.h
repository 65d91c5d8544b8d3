// TLS over any Stream: OpenSSL turns bytes into bytes in memory, and the Stream below carries them.
#pragma once

#include <memory>
#include <string>

#include "engine/net/stream.h"
#include "engine/net/tls.h"

namespace myelin::net {

// The handshake, as server or client by the context's kind, on a connected stream. `host`: what a client dialled.
// tls_failed with OpenSSL's reason; peer_not_allowed; unreachable when the peer just closed before its first byte.
Task<Result<std::unique_ptr<Stream>>> tls_handshake(std::unique_ptr<Stream> lower, std::shared_ptr<TlsContext> context,
                                                    std::string host, Duration limit);

}  // namespace myelin::net
