#include "engine/net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <vector>

#include "engine/net/tls_context.h"

namespace myelin::net {
namespace {

constexpr std::size_t kReadSize = 17 * 1024;    // one TLS record with its head
constexpr std::size_t kWriteSize = 256 * 1024;  // encrypted at once before it is sent

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> lower, std::shared_ptr<TlsContext> context)
      : lower_(std::move(lower)), context_(std::move(context)), ssl_(SSL_new(context_->get())), encrypted_(kReadSize) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);  // empty means: wait, not: the end
    SSL_set_bio(ssl_.get(), in_, out_);
    if (context_->side() == TlsContext::Side::server) SSL_set_accept_state(ssl_.get());
    else SSL_set_connect_state(ssl_.get());
  }

  SSL* ssl() const { return ssl_.get(); }

  Task<Result<void>> handshake(Duration limit);
  Task<std::expected<std::size_t, StreamError>> read_some(std::span<char> into, Duration limit) override;
  Task<std::expected<void, StreamError>> write_all(std::string_view bytes, Duration limit) override;

  Task<void> finish_writing(Duration limit) override;
  void close() override { lower_->close(); }
  const std::string& peer() const override { return lower_->peer(); }
  std::string why() const override { return why_; }
  std::string certified_name() const override { return certified_name_; }

 private:
  Task<std::expected<void, StreamError>> flush(Duration limit);
  Task<std::expected<void, StreamError>> fill(Duration limit);
  void learn_name();
  StreamError broken() {
    why_ = take_tls_reason();
    return StreamError::failed;
  }

  std::unique_ptr<Stream> lower_;
  std::shared_ptr<TlsContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  BIO* in_ = nullptr;   // owned by ssl_
  BIO* out_ = nullptr;  // owned by ssl_
  std::vector<char> encrypted_;
  std::string why_;
  std::string certified_name_;
  bool flushing_ = false;
  bool received_ = false;
};

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

// Sends what OpenSSL has produced. Reading can produce too (a key update), while a write is under way: then the
// writer takes it along.
Task<std::expected<void, StreamError>> TlsStream::flush(Duration limit) {
  if (flushing_) co_return std::expected<void, StreamError>();
  flushing_ = true;
  std::expected<void, StreamError> sent;
  while (sent && BIO_ctrl_pending(out_) > 0) {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    const int got = BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(got, 0)));
    sent = co_await lower_->write_all(bytes, limit);
  }
  flushing_ = false;
  co_return sent;
}

Task<std::expected<void, StreamError>> TlsStream::fill(Duration limit) {
  const auto got = co_await lower_->read_some(encrypted_, limit);
  if (!got) co_return std::unexpected(got.error());
  received_ = true;
  BIO_write(in_, encrypted_.data(), static_cast<int>(*got));
  co_return std::expected<void, StreamError>();
}

// A certificate that nobody verified proves nothing.
void TlsStream::learn_name() {
  if ((SSL_get_verify_mode(ssl()) & SSL_VERIFY_PEER) == 0 || SSL_get_verify_result(ssl()) != X509_V_OK) return;
  const Certificate certificate(SSL_get1_peer_certificate(ssl()));
  const auto names = certificate ? names_in(certificate.get()) : std::vector<std::string>();
  if (!names.empty()) certified_name_ = names.front();
}

Task<Result<void>> TlsStream::handshake(Duration limit) {
  while (true) {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
    const auto verified = SSL_get_verify_result(ssl_.get());
    std::string reason = error == SSL_ERROR_SSL ? take_tls_reason() : std::string();
    if (verified != X509_V_OK) reason.append(": ").append(X509_verify_cert_error_string(verified));
    // Also after a failure: the alert tells the peer why.
    const auto sent = co_await flush(limit);
    if (error == SSL_ERROR_SSL) co_return fail(FaultCode::tls_failed, peer() + ": " + reason);
    if (!sent) co_return fail(FaultCode::tls_failed, peer() + ": the connection broke in the handshake");
    if (error == SSL_ERROR_NONE) {
      learn_name();
      co_return Result<void>();
    }
    const auto filled = co_await fill(limit);
    if (filled) continue;
    if (!received_ && filled.error() != StreamError::timeout)
      co_return fail(FaultCode::unreachable, peer() + ": closed before the TLS handshake");
    const bool late = filled.error() == StreamError::timeout;
    co_return fail(FaultCode::tls_failed,
                   peer() + (late ? ": no TLS handshake in time" : ": closed in the TLS handshake"));
  }
}

Task<std::expected<std::size_t, StreamError>> TlsStream::read_some(std::span<char> into, Duration limit) {
  while (true) {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), into.data(), static_cast<int>(std::min<std::size_t>(into.size(), 1 << 30)));
    const int error = got > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), got);
    if (error == SSL_ERROR_SSL) co_return std::unexpected(broken());
    if (BIO_ctrl_pending(out_) > 0) {
      const auto sent = co_await flush(limit);
      if (!sent) co_return std::unexpected(sent.error());
    }
    if (got > 0) co_return static_cast<std::size_t>(got);
    if (error != SSL_ERROR_WANT_READ) co_return std::unexpected(StreamError::closed);
    const auto filled = co_await fill(limit);
    if (!filled) co_return std::unexpected(filled.error());
  }
}

Task<std::expected<void, StreamError>> TlsStream::write_all(std::string_view bytes, Duration limit) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, kWriteSize);
    bytes.remove_prefix(part.size());
    ERR_clear_error();
    if (SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size())) <= 0) co_return std::unexpected(broken());
    const auto sent = co_await flush(limit);
    if (!sent) co_return std::unexpected(sent.error());
  }
  co_return std::expected<void, StreamError>();
}

Task<void> TlsStream::finish_writing(Duration limit) {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());  // close_notify
  const auto sent = co_await flush(limit);
  if (sent) co_await lower_->finish_writing(limit);
}

Result<void> check_names(SSL* ssl, const std::vector<std::string>& allowed, const std::string& peer) {
  if (allowed.empty()) return {};
  const Certificate certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return fail(FaultCode::peer_not_allowed, peer + " showed no certificate");
  const auto names = names_in(certificate.get());
  std::string shown;
  for (const auto& name : names) {
    for (const auto& wanted : allowed)
      if (names_match(wanted, name)) return {};
    shown.append(shown.empty() ? "" : ", ").append(name.substr(0, 100));
    if (shown.size() > 300) break;
  }
  return fail(FaultCode::peer_not_allowed,
              peer + " is " + (shown.empty() ? "without a name" : shown) + " in its certificate");
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_handshake(std::unique_ptr<Stream> lower, std::shared_ptr<TlsContext> context,
                                                    std::string host, Duration limit) {
  auto stream = std::make_unique<TlsStream>(std::move(lower), context);
  std::vector<std::string> allowed = context->names();
  if (context->side() == TlsContext::Side::client) {
    const std::string dialled = host.empty() ? "127.0.0.1" : host;
    // No server name for an address: RFC 6066 allows names only.
    const bool number =
        dialled.find(':') != std::string::npos || dialled.find_first_not_of("0123456789.") == std::string::npos;
    if (!number) SSL_set_tlsext_host_name(stream->ssl(), dialled.c_str());
    if (allowed.empty()) allowed.push_back(dialled);
  }
  auto done = co_await stream->handshake(limit);
  if (!done) co_return fail(done);
  auto checked = check_names(stream->ssl(), allowed, stream->peer());
  if (!checked) co_return fail(checked);
  co_return stream;
}

}  // namespace myelin::net
