#include "engine/net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "engine/net/tls_context.h"

namespace myelin::net {
namespace {

std::unexpected<Fault> unreadable(const std::string& path, const std::string& what) {
  return fail(FaultCode::key_unreadable, path + ": " + what);
}

// A key under a pass phrase must fail, not ask on the terminal of a daemon.
int no_pass_phrase(char*, int, int, void*) { return -1; }

std::string text_of(const ASN1_STRING* string) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(string));
  return {data, static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(address) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) != nullptr ? text.data() : "";
}

std::string common_name(X509* certificate) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_without_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](char a, char b) { return lower(a) == lower(b); });
}

bool wildcard_covers(std::string_view pattern, std::string_view name) {
  if (!pattern.starts_with("*.") || pattern.find('*', 1) != std::string_view::npos) return false;
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || name.front() == '*') return false;
  return pattern.find('.', 2) != std::string_view::npos && equal_without_case(pattern.substr(1), name.substr(dot));
}

}  // namespace

std::string take_tls_reason() {
  const auto error = ERR_peek_error();
  ERR_clear_error();
  if (error == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(error);
  if (ERR_SYSTEM_ERROR(error)) return std::generic_category().message(ERR_GET_REASON(error));
  return reason != nullptr ? reason : "error " + std::to_string(error);
}

bool names_match(std::string_view one, std::string_view other) {
  return equal_without_case(one, other) || wildcard_covers(one, other) || wildcard_covers(other, one);
}

std::vector<std::string> names_in(X509* certificate) {
  std::vector<std::string> names;
  auto* alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type == GEN_DNS) names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) names.push_back(ip_text(name->d.iPAddress));
  }
  GENERAL_NAMES_free(alternatives);
  if (names.empty()) names.push_back(common_name(certificate));
  std::erase(names, std::string());
  return names;
}

Result<void> TlsContext::load(const TlsSettings& settings) {
  ERR_clear_error();
  context_.reset(SSL_CTX_new(side_ == Side::server ? TLS_server_method() : TLS_client_method()));
  if (!context_) return fail(FaultCode::key_unreadable, "OpenSSL cannot make a context: " + take_tls_reason());
  SSL_CTX_set_min_proto_version(get(), TLS1_2_VERSION);
  SSL_CTX_set_options(get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(get(), 0);
  SSL_CTX_set_session_cache_mode(get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_default_passwd_cb(get(), no_pass_phrase);

  const bool needs_peer = side_ == Side::client || settings.require_peer || !settings.names.empty();
  const int ask_peer = side_ == Side::server ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER;
  SSL_CTX_set_verify(get(), needs_peer ? ask_peer : SSL_VERIFY_NONE, nullptr);
  // An authority in our file is trusted as it stands, also when it is not a root.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(get()), X509_V_FLAG_PARTIAL_CHAIN);

  if (side_ == Side::server && settings.certificate.empty())
    return fail(FaultCode::key_unreadable, "a TLS listener needs `certificate` and `key`");
  if (side_ == Side::server && needs_peer && settings.authorities.empty())
    return fail(FaultCode::key_unreadable, "to check its peers a TLS listener needs `authorities`");
  auto own = load_own(settings);
  if (!own) return own;
  return load_authorities(settings);
}

Result<void> TlsContext::load_own(const TlsSettings& settings) {
  if (settings.certificate.empty() && settings.key.empty()) return {};
  if (settings.key.empty()) return unreadable(settings.certificate, "`key` is missing");
  if (settings.certificate.empty()) return unreadable(settings.key, "`certificate` is missing");
  if (SSL_CTX_use_certificate_chain_file(get(), settings.certificate.c_str()) != 1)
    return unreadable(settings.certificate, take_tls_reason());
  // OpenSSL compares key and certificate while it loads the key; its reason says "key values mismatch".
  if (SSL_CTX_use_PrivateKey_file(get(), settings.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return unreadable(settings.key, take_tls_reason());
  if (SSL_CTX_check_private_key(get()) != 1) return unreadable(settings.key, take_tls_reason());
  return {};
}

Result<void> TlsContext::load_authorities(const TlsSettings& settings) {
  if (settings.authorities.empty()) {
    if (side_ == Side::client) SSL_CTX_set_default_verify_paths(get());
    return {};
  }
  if (SSL_CTX_load_verify_file(get(), settings.authorities.c_str()) != 1)
    return unreadable(settings.authorities, take_tls_reason());
  // Tells clients which certificate to pick.
  if (side_ == Side::server) SSL_CTX_set_client_CA_list(get(), SSL_load_client_CA_file(settings.authorities.c_str()));
  return {};
}

namespace {

Result<std::shared_ptr<TlsContext>> make(TlsContext::Side side, const TlsSettings& settings) {
  auto context = std::make_shared<TlsContext>(side, settings.names);
  auto loaded = context->load(settings);
  if (!loaded) return fail(loaded);
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_tls_server(const TlsSettings& settings) {
  return make(TlsContext::Side::server, settings);
}
Result<std::shared_ptr<TlsContext>> make_tls_client(const TlsSettings& settings) {
  return make(TlsContext::Side::client, settings);
}

}  // namespace myelin::net
