// The only file that includes Beast: it takes half a minute to compile, and nobody else shall pay it.
#include "engine/net/http_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

namespace myelin::net {
namespace {

namespace http = boost::beast::http;
using Error = boost::beast::error_code;

std::string copy(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

// One message after another out of a stream of bytes. Beast wants what it did not consume again with the next bytes.
template <bool is_request>
class Assembler {
 public:
  using Parser = http::parser<is_request, http::string_body>;

  explicit Assembler(HttpLimits limits) : limits_(limits) { restart(); }

  Error feed(std::string_view bytes) {
    pending_.append(bytes);
    Error error;
    while (!pending_.empty() && !parser_->is_done()) {
      // Beast reads the header of a last chunk wrongly from fewer bytes than "0 CR LF CR LF", which are always still owed.
      if (parser_->is_header_done() && parser_->chunked() && pending_.size() < 5) return {};
      const auto used = parser_->put(boost::asio::const_buffer(pending_.data(), pending_.size()), error);
      pending_.erase(0, used);
      if (error == http::error::need_more) return {};
      if (error) return error;
      if (used == 0) break;
    }
    return {};
  }

  void restart() {
    parser_.emplace();
    parser_->eager(true);
    parser_->header_limit(limits_.head);
    parser_->body_limit(limits_.body);
  }

  Parser& parser() { return *parser_; }
  bool done() const { return parser_->is_done(); }
  bool started() const { return parser_->got_some() || !pending_.empty(); }
  bool surplus() const { return !pending_.empty(); }

 private:
  HttpLimits limits_;
  std::string pending_;
  std::optional<Parser> parser_;
};

HttpHeaders headers_of(const http::fields& fields) {
  HttpHeaders all;
  for (const auto& field : fields) all.push_back(HttpHeader{copy(field.name_string()), copy(field.value())});
  return all;
}

HttpRequest head_of(const http::request<http::string_body>& message) {
  HttpRequest request;
  request.method = copy(message.method_string());
  request.target = copy(message.target());
  request.keep_alive = message.keep_alive();
  request.headers = headers_of(message);
  return request;
}

Fault request_fault(const Error& error) {
  if (error == http::error::header_limit) return Fault{FaultCode::head_too_large, {}, {}, {}};
  if (error == http::error::body_limit) return Fault{FaultCode::request_too_large, {}, {}, {}};
  return Fault{FaultCode::bad_request, "it is not HTTP/1.1: " + error.message(), {}, {}};
}

}  // namespace

struct HttpRequestReader::Impl {
  explicit Impl(HttpLimits limits) : assembler(limits) {}
  Assembler<true> assembler;
  bool expectation_met = false;

  Result<void> check() {
    auto& parser = assembler.parser();
    if (!parser.is_header_done()) return {};
    const auto& message = parser.get();
    // RFC 9112, 3.2: without Host, or with two, the request is refused.
    if (message.version() == 11 && message.count(http::field::host) != 1)
      return fail(FaultCode::bad_request, "an HTTP/1.1 request has exactly one Host");
    return {};
  }
};

HttpRequestReader::HttpRequestReader(HttpLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
HttpRequestReader::~HttpRequestReader() = default;

Result<void> HttpRequestReader::feed(std::string_view bytes) {
  if (const auto error = impl_->assembler.feed(bytes)) return fail(request_fault(error));
  return impl_->check();
}

bool HttpRequestReader::done() const { return impl_->assembler.done(); }
bool HttpRequestReader::started() const { return impl_->assembler.started(); }

bool HttpRequestReader::take_expectation() {
  auto& parser = impl_->assembler.parser();
  if (impl_->expectation_met || !parser.is_header_done() || parser.is_done()) return false;
  impl_->expectation_met = true;
  return boost::beast::iequals(parser.get()[http::field::expect], "100-continue");
}

bool HttpRequestReader::head_done() const { return impl_->assembler.parser().is_header_done(); }
HttpRequest HttpRequestReader::head() const { return head_of(impl_->assembler.parser().get()); }

std::string HttpRequestReader::take_unfinished() {
  if (!head_done()) return {};
  return std::move(impl_->assembler.parser().get().body());
}

HttpRequest HttpRequestReader::take() {
  auto message = impl_->assembler.parser().release();
  auto request = head_of(message);
  request.body = std::move(message.body());
  impl_->assembler.restart();
  impl_->expectation_met = false;
  return request;
}

struct HttpResponseReader::Impl {
  Impl(HttpLimits limits, HttpBody of_answer) : assembler(limits), body(of_answer) {}
  Assembler<false> assembler;
  HttpBody body;

  void begin() {
    assembler.restart();
    if (body == HttpBody::omitted) assembler.parser().skip(true);
  }
};

HttpResponseReader::HttpResponseReader(HttpLimits limits, HttpBody body) : impl_(std::make_unique<Impl>(limits, body)) {
  impl_->begin();
}
HttpResponseReader::~HttpResponseReader() = default;

Result<void> HttpResponseReader::feed(std::string_view bytes) {
  for (;;) {
    if (const auto error = impl_->assembler.feed(bytes))
      return fail(FaultCode::garbage_answer, "the answer is not HTTP/1.1: " + error.message());
    if (!done() || impl_->assembler.parser().get().result_int() >= 200) return {};
    impl_->begin();
    bytes = {};
  }
}

Result<void> HttpResponseReader::finish() {
  if (done()) return {};
  Error error;
  if (impl_->assembler.parser().got_some()) impl_->assembler.parser().put_eof(error);
  else error = http::error::partial_message;
  if (error) return fail(FaultCode::connection_lost, "the connection ended before the answer was whole");
  return {};
}

bool HttpResponseReader::done() const { return impl_->assembler.done(); }
bool HttpResponseReader::surplus() const { return impl_->assembler.surplus(); }

HttpResponse HttpResponseReader::take() {
  auto message = impl_->assembler.parser().release();
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = copy(message[http::field::content_type]);
  response.keep_alive = message.keep_alive();
  response.headers = headers_of(message);
  response.body = std::move(message.body());
  impl_->begin();
  return response;
}

}  // namespace myelin::net
