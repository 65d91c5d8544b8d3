#include "adapters/http/spec.h"

#include <algorithm>

#include "adapters/http/answer.h"
#include "adapters/http/destination.h"
#include "adapters/http/options.h"
#include "adapters/http/source.h"
#include "adapters/options/connection.h"

namespace myelin::http {
namespace {

using adapters::at;
using config::Options;

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

Fault mistake(const config::Place& place, std::string detail) {
  return at(place, FaultCode::bad_configuration, std::move(detail));
}

// The two directions share one Spec; what belongs to the other one is a mistake, not silence.
Result<void> refuse_others(const Options& options, std::string_view direction,
                           std::initializer_list<std::string_view> others) {
  for (const auto name : others)
    if (options.given(name))
      return fail(mistake(options.place(name),
                          "`" + std::string(name) + "` has no meaning for an http " + std::string(direction)));
  return {};
}

std::optional<config::SecretReference> secret_of(const Options& options, std::string_view name) {
  config::Diagnostics known;  // its mistakes were found when the options were read
  return options.given(name) ? config::read_secret(options.node(name), known) : std::nullopt;
}

Result<std::optional<Credentials>> credentials_of(const Options& options) {
  const Options* auth = options.nested("auth");
  if (auth == nullptr || auth->nested("oauth") != nullptr) return std::optional<Credentials>();
  const auto bearer = secret_of(*auth, "bearer");
  const auto password = secret_of(*auth, "password");
  const auto& user = auth->text("user");
  if (bearer.has_value() == password.has_value() || password.has_value() == user.empty())
    return fail(mistake(auth->place(), "`auth` is `bearer`, or `user` with `password`, or `oauth`"));
  if (user.find(':') != std::string::npos || !is_field_value(user))
    return fail(mistake(auth->place("user"), "a user has no colon and nothing but ASCII characters"));
  return std::optional<Credentials>(Credentials{user, bearer ? *bearer : *password});
}

bool is_template(std::string_view text) { return text.starts_with('=') || text.contains("{{"); }

// The text with "x" for each formula, for what can be said of it before a message comes.
std::string without_formulas(std::string_view text) {
  std::string plain;
  for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    plain.append(text.substr(0, open)).append("x");
    text.remove_prefix(std::min(text.find("}}", open), text.size() - 2) + 2);
  }
  return plain.append(text);
}

Encoding encoding_of_body(std::string_view content_type) {
  const auto type = media_type(content_type);
  if (type == "application/x-www-form-urlencoded") return Encoding::url;
  if (type.contains("json")) return Encoding::json;
  return type.contains("xml") || type.contains("html") ? Encoding::xml : Encoding::plain;
}

std::vector<Template> templates(const Options& options) {
  std::vector<Template> all;
  const auto add = [&](std::string name, const config::Node& text, Encoding encoding) {
    if (text.is_scalar() && is_template(text.text())) all.push_back({std::move(name), text, encoding});
  };
  if (options.given("url")) add("url", options.node("url"), Encoding::url);
  if (options.given("body")) add("body", options.node("body"), encoding_of_body(options.text("content_type")));
  if (options.given("headers"))
    for (const auto& item : options.node("headers").entries()) add("headers." + item.key, item.value, Encoding::header);
  return all;
}

Result<std::vector<WrittenHeader>> headers_of(const Options& options) {
  static constexpr std::string_view kOurs[] = {
      "authorization",   "connection", "content-length",   "content-type", "host",
      "idempotency-key", "te",         "transfer-encoding"};
  std::vector<WrittenHeader> headers;
  for (const auto& item : options.node("headers").entries()) {
    if (!is_token(item.key)) return fail(mistake(item.key_place, "'" + item.key + "' is no name of a header field"));
    if (std::ranges::find(kOurs, media_type(item.key)) != std::end(kOurs))
      return fail(mistake(item.key_place, "the field " + item.key + " is written by the engine"));
    if (item.value.is_scalar()) {
      if (!is_field_value(is_template(item.value.text()) ? without_formulas(item.value.text()) : item.value.text()))
        return fail(mistake(item.value.place(), "the value of a header field is one line of ASCII characters"));
      headers.push_back({item.key, item.value.text(), std::nullopt});
      continue;
    }
    config::Diagnostics wrong;
    auto secret = config::read_secret(item.value, wrong);
    if (!secret)
      return fail(
          mistake(item.value.place(),
                  "the value of " + item.key + " is text, or { env: NAME }, { file: PATH } or { credential: NAME }"));
    headers.push_back({item.key, {}, std::move(secret)});
  }
  return headers;
}

Result<std::vector<std::string>> paths_of(const Options& options) {
  auto paths = options.names("paths");
  for (const auto& path : paths)
    if (!path.starts_with('/') || path.find_first_of("?# ") != std::string::npos)
      return fail(mistake(options.place("paths"), "'" + path + "' is no path: it begins with / and has no query"));
  return paths;
}

Result<SourceSettings> source_settings(const Options& options) {
  auto belongs = refuse_others(options, "source",
                               {"url", "method", "content_type", "headers", "body", "proxy", "proxy_auth", "allow",
                                "timeout", "connect_timeout"});
  if (!belongs) return fail(belongs);
  auto listen = adapters::address_of(options, "listen");
  if (!listen) return fail(listen);
  if (!*listen) return fail(mistake(options.place(), "an http source needs `listen`"));
  if (const auto* auth = options.nested("auth"); auth != nullptr && auth->nested("oauth") != nullptr)
    return fail(mistake(auth->place("oauth"), "`oauth` has no meaning for an http source"));
  auto tls = adapters::tls_of(options, adapters::TlsSide::server);
  if (!tls) return fail(tls);
  auto auth = credentials_of(options);
  if (!auth) return fail(auth);
  auto paths = paths_of(options);
  if (!paths) return fail(paths);

  SourceSettings settings;
  settings.listen = **listen;
  settings.tls = std::move(*tls);
  settings.auth = std::move(*auth);
  if (options.given("paths")) settings.paths = std::move(*paths);
  settings.methods = {"POST"};
  if (options.given("methods")) settings.methods = options.names("methods");
  for (const auto& method : settings.methods)
    if (method != "POST" && method != "PUT")
      return fail(mistake(options.place("methods"), "an http source takes POST and PUT, not '" + method + "'"));
  settings.content_types = default_content_types();
  if (options.given("content_types")) settings.content_types.clear();
  for (const auto& type : options.names("content_types")) settings.content_types.push_back(media_type(type));
  settings.reply = options.text("reply") == "status" ? Reply::status : Reply::ack;
  settings.part = options.text("part");
  settings.max_body = static_cast<std::size_t>(options.size("max_body"));
  settings.max_connections = static_cast<std::size_t>(options.integer("max_connections"));
  settings.idle = options.duration("idle");
  settings.head = options.duration("head_timeout");
  settings.request = options.duration("request_timeout");
  return settings;
}

struct Peer {
  Url url;
  std::shared_ptr<net::TlsContext> tls;
};

enum class Names : std::uint8_t { as_written, of_the_host };

// A URL with what it takes to dial it.
Result<Peer> peer_of(const std::string& text, const config::Place& place, const Options& options, Names names) {
  auto url = parse_url(without_formulas(text));
  const auto formula = text.find("{{");
  if (formula != std::string::npos && url && formula < text.find("//") + 2 + url->authority.size())
    return fail(
        mistake(place, "who is dialled cannot depend on the message: formulas stand in the path and the query"));
  if (const auto port = url ? std::string() : url_port_mistake(text); !port.empty()) return fail(mistake(place, port));
  if (!url)
    return fail(mistake(place, "a URL is http://HOST[:PORT]/PATH or https://…, without user, password and fragment"));
  const auto written = adapters::tls_settings_of(options);
  Peer peer{std::move(*url), nullptr};
  if (!peer.url.secure) return peer;
  auto tls = written.value_or(net::TlsSettings{});
  if (names == Names::of_the_host) tls.names.clear();
  auto made = net::make_tls_client(tls);
  if (!made) return fail(at(written ? options.nested("tls")->place() : place, made.error().code, made.error().detail));
  peer.tls = std::move(*made);
  return peer;
}

Result<std::optional<TokenSettings>> token_of(const Options& options, const Egress& egress) {
  const Options* auth = options.nested("auth");
  const Options* oauth = auth == nullptr ? nullptr : auth->nested("oauth");
  if (oauth == nullptr) return std::optional<TokenSettings>();
  if (auth->given("bearer") || auth->given("user") || auth->given("password"))
    return fail(mistake(auth->place(), "`auth` is `bearer`, or `user` with `password`, or `oauth`"));
  auto peer = peer_of(oauth->text("url"), oauth->place("url"), options, Names::of_the_host);
  if (!peer) return fail(peer);
  const auto allowed = egress.check_written(peer->url.address.host);
  if (!allowed) return fail(mistake(oauth->place("url"), allowed.error().detail));
  TokenSettings token;
  token.url = std::move(peer->url);
  token.tls = std::move(peer->tls);
  token.client = oauth->text("client");
  token.scope = oauth->text("scope");
  if (auto secret = secret_of(*oauth, "secret")) token.secret = std::move(*secret);
  return std::optional<TokenSettings>(std::move(token));
}

Result<std::optional<Proxy>> proxy_of(const Options& options, const Egress& egress, const std::string& host) {
  if (!options.given("proxy")) {
    if (options.given("proxy_auth"))
      return fail(mistake(options.place("proxy_auth"), "`proxy_auth` belongs to `proxy`"));
    return std::optional<Proxy>();
  }
  auto url = parse_url(options.text("proxy"));
  if (const auto port = url ? std::string() : url_port_mistake(options.text("proxy")); !port.empty())
    return fail(mistake(options.place("proxy"), port));
  if (!url || url->secure || url->target != "/")
    return fail(mistake(options.place("proxy"), "a proxy is http://HOST:PORT; what goes through it may be TLS"));
  auto allowed = egress.check_written(url->address.host);
  if (allowed) allowed = egress.check_by_name(host);
  if (!allowed) return fail(mistake(options.place("proxy"), allowed.error().detail));
  Proxy proxy{std::move(*url), std::nullopt};
  if (const auto* auth = options.nested("proxy_auth")) {
    auto password = secret_of(*auth, "password");
    if (auth->text("user").find(':') != std::string::npos || !is_field_value(auth->text("user")) || !password)
      return fail(mistake(auth->place("user"), "a user has no colon and nothing but ASCII characters"));
    proxy.auth = Credentials{auth->text("user"), std::move(*password)};
  }
  return std::optional<Proxy>(std::move(proxy));
}

Result<DestinationSettings> destination_settings(const Options& options) {
  auto belongs = refuse_others(options, "destination",
                               {"listen", "paths", "methods", "content_types", "reply", "part", "max_body",
                                "max_connections", "idle", "head_timeout", "request_timeout"});
  if (!belongs) return fail(belongs);
  if (!options.given("url")) return fail(mistake(options.place(), "an http destination needs `url`"));
  auto peer = peer_of(options.text("url"), options.place("url"), options, Names::as_written);
  if (!peer) return fail(peer);
  if (!peer->url.secure && options.given("tls"))
    return fail(mistake(options.place("tls"), "`tls` belongs to an https:// URL"));
  auto egress = Egress::make(options.names("allow"));
  if (!egress) return fail(mistake(options.place("allow"), egress.error().detail));
  const auto allowed = egress->check_written(peer->url.address.host);
  if (!allowed) return fail(mistake(options.place("url"), allowed.error().detail));
  auto auth = credentials_of(options);
  if (!auth) return fail(auth);
  auto token = token_of(options, *egress);
  if (!token) return fail(token);
  auto headers = headers_of(options);
  if (!headers) return fail(headers);
  auto proxy = proxy_of(options, *egress, peer->url.address.host);
  if (!proxy) return fail(proxy);
  if (!is_field_value(options.text("content_type")))
    return fail(mistake(options.place("content_type"), "a content type is one line of ASCII characters"));

  DestinationSettings settings;
  settings.url = std::move(peer->url);
  settings.tls = std::move(peer->tls);
  settings.method = options.text("method");
  settings.content_type = options.text("content_type");
  settings.headers = std::move(*headers);
  if (options.given("body")) settings.body = options.text("body");
  settings.auth = std::move(*auth);
  settings.token = std::move(*token);
  settings.proxy = std::move(*proxy);
  settings.egress = std::move(*egress);
  settings.answer_timeout = options.duration("timeout");
  settings.connect_timeout = options.duration("connect_timeout");
  return settings;
}

Result<SourceFactory> make_source(const Options& options) {
  auto settings = source_settings(options);
  if (!settings) return fail(settings);
  return SourceFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<HttpSource>(loop, settings); });
}

Result<DestinationFactory> make_destination(const Options& options) {
  auto settings = destination_settings(options);
  if (!settings) return fail(settings);
  return DestinationFactory(
      [settings = std::move(*settings)](Loop& loop) { return std::make_unique<HttpDestination>(loop, settings); });
}

std::string listens_on(const Options& options) { return options.text("listen"); }

std::vector<std::string_view> facts(const Options& options) {
  std::vector<std::string_view> all = {"header", "query"};
  const auto* auth = options.nested("auth");
  if ((auth != nullptr && auth->given("user")) || adapters::knows_peer(options)) all.push_back("user");
  return all;
}

}  // namespace

AdapterKind kind() {
  return {.name = "http",
          .doc = connection_spec().doc,
          .connection = &connection_spec(),
          .make_source = make_source,
          .make_destination = make_destination,
          .listens_on = listens_on,
          .facts = facts,
          .templates = templates};
}

}  // namespace myelin::http
