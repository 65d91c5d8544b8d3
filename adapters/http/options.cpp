#include "adapters/http/options.h"

#include "adapters/options/connection.h"

namespace myelin::http {
namespace {

using adapters::time_limit;
using config::Option;
using config::Spec;
using config::Type;

constexpr std::int64_t kGiB = std::int64_t{1024} * 1024 * 1024;

const Spec& oauth_spec() {
  static const Spec kSpec{
      .name = "oauth",
      .doc =
          "OAuth 2 client credentials: a token is fetched before the first request, kept until shortly before it "
          "expires, and fetched anew once when the peer answers 401",
      .options =
          {
              {.name = "url",
               .type = Type::text,
               .fallback = {},
               .required = true,
               .doc = "the token endpoint; it must be in `allow`, where that is written",
               .example = "https://login.portal.example/oauth2/token"},
              {.name = "client",
               .type = Type::text,
               .fallback = {},
               .required = true,
               .doc = "the client id that its owner gave us",
               .example = "myelin-west"},
              {.name = "secret",
               .type = Type::secret,
               .fallback = {},
               .required = true,
               .doc = "where the client's secret is",
               .example = "{ credential: portal-secret }"},
              {.name = "scope",
               .type = Type::text,
               .fallback = {},
               .doc = "what is asked for, where the server wants to hear it",
               .example = "results.write"},
          },
      .example = {},
  };
  return kSpec;
}

const Spec& auth_spec() {
  static const Spec kSpec{
      .name = "auth",
      .doc =
          "what stands in the Authorization field: `bearer`, or `user` with `password`, or `oauth`. A source wants it "
          "of every request, a destination sends it. Secrets are references and are never written into the file",
      .options =
          {
              {.name = "bearer",
               .type = Type::secret,
               .fallback = {},
               .doc = "where the token is",
               .example = "{ env: PORTAL_TOKEN }"},
              {.name = "user",
               .type = Type::text,
               .fallback = {},
               .doc = "of basic authentication",
               .example = "orders"},
              {.name = "password",
               .type = Type::secret,
               .fallback = {},
               .doc = "where the password of `user` is",
               .example = "{ file: /etc/myelin/secrets/orders }"},
              {.name = "oauth",
               .type = Type::map,
               .fallback = {},
               .doc = "a destination fetches its token by client credentials",
               .example = "{ url: https://login.portal.example/token, client: myelin, secret: { env: SECRET } }",
               .nested = &oauth_spec()},
          },
      .example = {},
  };
  return kSpec;
}

const Spec& proxy_auth_spec() {
  static const Spec kSpec{
      .name = "proxy_auth",
      .doc = "what stands in the Proxy-Authorization field, by basic authentication",
      .options =
          {
              {.name = "user",
               .type = Type::text,
               .fallback = {},
               .required = true,
               .doc = "who we are",
               .example = "myelin"},
              {.name = "password",
               .type = Type::secret,
               .fallback = {},
               .required = true,
               .doc = "where the password is",
               .example = "{ credential: proxy }"},
          },
      .example = {},
  };
  return kSpec;
}

std::vector<Option> source_options() {
  return {
      {.name = "listen",
       .type = Type::address,
       .fallback = {},
       .doc = "a source waits for requests here; `:8080` means every interface of this machine",
       .example = "127.0.0.1:8080"},
      {.name = "paths",
       .type = Type::names,
       .fallback = {},
       .doc = "the paths that a source serves, `/` by default; `/orders/*` is all that stands below it; 404 for others",
       .example = "[/orders]"},
      {.name = "methods",
       .type = Type::names,
       .fallback = {},
       .doc = "POST (by default) and PUT; 405 for others",
       .example = "[POST, PUT]"},
      {.name = "content_types",
       .type = Type::names,
       .fallback = {},
       .doc =
           "what a source takes: application/hl7-v2, application/hl7-v2+er7, x-application/hl7-v2+er7 and text/plain "
           "by default; `*/*` for all; 415 for others. What the body must be is said by the channel, `accept: body:`",
       .example = "[application/json, application/fhir+json]"},
      {.name = "reply",
       .type = Type::choice,
       .fallback = "ack",
       .doc = "how a source answers: `ack` with an acknowledgement in the body (HL7, or JSON for bodies that are not), "
              "`status` with 202, the message's id and a Location that says later what became of it",
       .example = "status",
       .choices = {"ack", "status"}},
      {.name = "part",
       .type = Type::text,
       .fallback = {},
       .doc = "the part of a multipart body that is the message, by its name, where `content_types` has "
              "multipart/form-data; without it the only part, or the only one with a file name",
       .example = "message"},
      {.name = "max_body",
       .type = Type::size,
       .fallback = "64MiB",
       .doc = "the largest message; a larger one is answered 413 before it is read, and the connection closed",
       .example = "16MiB",
       .least = 1024,
       .most = kGiB},
      {.name = "max_connections",
       .type = Type::integer,
       .fallback = "1000",
       .doc = "connections at one time to a source; more are closed at once",
       .example = "50",
       .least = 1,
       .most = 100'000},
      time_limit("idle", "60s", "how long a connection to a source may rest between two requests", 1),
      time_limit("head_timeout", "30s",
                 "how long a source waits from the first byte of a request to the end of its header fields", 1),
      time_limit("request_timeout", "120s", "how long a source waits for the rest of a request; then it answers 408",
                 1),
  };
}

std::vector<Option> destination_options() {
  return {
      {.name = "url",
       .type = Type::text,
       .fallback = {},
       .doc = "a destination sends each message there; https:// is checked against the system's authorities, or `tls`. "
              "Path "
              "and query may have {{ formulas }}, each encoded as one part; a message where one is empty is parked",
       .example = "\"https://portal.example/api/patients/{{ PID-3.1 }}/results\""},
      {.name = "method",
       .type = Type::choice,
       .fallback = "POST",
       .doc = "of a destination's requests",
       .example = "PUT",
       .choices = {"POST", "PUT"}},
      {.name = "content_type",
       .type = Type::text,
       .fallback = "application/hl7-v2",
       .doc = "of a destination's requests; without `body` the bytes are those of the message, whatever stands here",
       .example = "x-application/hl7-v2+er7"},
      {.name = "headers",
       .type = Type::map,
       .fallback = {},
       .doc = "further header fields of a destination's requests: text (also with {{ formulas }}, or a =formula), or a "
              "reference to a secret",
       .example = "{ X-Site: West, X-Ward: =PV1-3.1, X-Api-Key: { env: PORTAL_KEY } }"},
      {.name = "body",
       .type = Type::text,
       .fallback = {},
       .doc = "what a destination sends instead of the message: text with {{ formulas }}, which are encoded as "
              "`content_type` says (JSON, XML, a form). A message that makes broken JSON of it is parked",
       .example = "'{ \"mrn\": \"{{ PID-3.1 }}\" }'"},
      {.name = "proxy",
       .type = Type::text,
       .fallback = {},
       .doc =
           "a destination goes through this proxy: http://HOST:PORT. An https:// peer is reached by CONNECT, with TLS "
           "inside; names are then resolved by the proxy and judged by themselves. `allow` holds for the proxy too",
       .example = "http://proxy.hospital.example:3128"},
      {.name = "proxy_auth",
       .type = Type::map,
       .fallback = {},
       .doc = "who we are to the proxy",
       .example = "{ user: myelin, password: { credential: proxy } }",
       .nested = &proxy_auth_spec()},
      {.name = "allow",
       .type = Type::names,
       .fallback = {},
       .doc =
           "the networks, addresses and hosts that a destination may dial, judged after the name was resolved. Without "
           "it: all but this machine, link-local and reserved addresses, which must always be named here",
       .example = "[10.20.0.0/16, portal.example]"},
      time_limit("timeout", "30s",
                 "how long a destination waits for the answer; then it closes and the lane tries again", 1),
      time_limit("connect_timeout", "10s", "how long a destination tries to connect, TLS included", 1),
  };
}

std::vector<Option> all_options() {
  auto all = source_options();
  for (auto& option : destination_options()) all.push_back(std::move(option));
  all.push_back({.name = "auth",
                 .type = Type::map,
                 .fallback = {},
                 .doc = "who asks: a source wants it of every request (401), a destination sends it",
                 .example = "{ bearer: { env: PORTAL_TOKEN } }",
                 .nested = &auth_spec()});
  all.push_back({.name = "tls",
                 .type = Type::map,
                 .fallback = {},
                 .doc = "encrypt the connections of a source; how a destination checks an https:// peer",
                 .example = "{ authorities: /etc/myelin/tls/hospital-ca.pem }",
                 .nested = &adapters::tls_spec()});
  return all;
}

}  // namespace

const Spec& connection_spec() {
  static const Spec kSpec{
      .name = "http",
      .doc =
          "A message as the body of HTTP/1.1 requests: HL7 v2 in ER7, JSON, XML or a part of a form. With `listen` it "
          "is a source: each request is stored, then "
          "answered. With `url` it is a destination: each message is one request; 2xx is delivered, 408, 429 and 5xx "
          "are tried again, all else is refused, redirects too",
      .options = all_options(),
      .example =
          "portal:\n  kind: http\n  url: https://portal.example/api/results\n  auth: { bearer: { env: PORTAL_TOKEN } }",
  };
  return kSpec;
}

}  // namespace myelin::http
