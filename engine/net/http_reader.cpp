// The only file that includes Beast: it takes half a minute to compile, and nobody else shall pay it.
#include "engine/net/http_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <optional>
#include <string>

namespace myelin::net {
namespace {

namespace http = boost::beast::http;
using Error = boost::beast::error_code;

std::string copy(boost::beast::string_view text) { return std::string(text.data(), text.size()); }

// Beast's own string body reserves what Content-Length announces; here memory grows with what comes.
struct GrowingBody {
  using value_type = std::string;
  struct reader {
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& into) : body(into) {}
    void init(const boost::optional<std::uint64_t>&, Error& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, Error& error) {
      error = {};
      std::size_t count = 0;
      for (auto part : boost::beast::buffers_range_ref(buffers)) {
        body.append(static_cast<const char*>(part.data()), part.size());
        count += part.size();
      }
      return count;
    }
    void finish(Error& error) { error = {}; }
    value_type& body;
  };
};

HttpHeaders headers_of(const http::fields& fields) {
  HttpHeaders all;
  for (const auto& field : fields) all.push_back(HttpHeader{copy(field.name_string()), copy(field.value())});
  return all;
}

// One message after another out of a stream of bytes. Beast wants what it did not consume again with the next bytes.
// Its limits are kept here too: its own is for each field of a head, and it has none for what stands in a chunk's line.
template <bool is_request>
class Assembler {
 public:
  using Parser = http::parser<is_request, GrowingBody>;

  explicit Assembler(HttpLimits limits) : limits_(limits) { restart(); }

  Error feed(std::string_view bytes) {
    pending_.append(bytes);
    std::size_t used = 0;
    Error error;
    while (!error && used < pending_.size() && !parser_->is_done()) {
      const auto rest = std::string_view(pending_).substr(used);
      const bool in_head = !parser_->is_header_done();
      // Beast reads the header of a last chunk wrongly from fewer bytes than "0 CR LF CR LF", which are always still
      // owed.
      if (!in_head && parser_->chunked() && rest.size() < 5) break;
      const auto taken = parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
      used += taken;
      if (in_head) error = after_head(error, taken, rest.size() - taken);
      else if (error == http::error::need_more && rest.size() - taken > limits_.head) error = http::error::bad_chunk;
      if (error != http::error::need_more && taken == 0) break;
    }
    pending_.erase(0, used);
    return error == http::error::need_more ? Error() : error;
  }

  void restart() {
    parser_.emplace();
    parser_->eager(false);  // it stops behind the head, so that the head is known apart from the trailer
    parser_->header_limit(limits_.head);
    parser_->body_limit(limits_.body);
    head_bytes_ = 0;
    fields_.clear();
  }

  Parser& parser() { return *parser_; }
  // Of the head alone: what a chunked message says behind its body (the trailer) is read and dropped (RFC 9110, 6.5.1).
  const HttpHeaders& fields() const { return fields_; }
  bool done() const { return parser_->is_done(); }
  bool started() const { return parser_->got_some() || !pending_.empty(); }
  bool surplus() const { return !pending_.empty(); }

 private:
  Error after_head(Error error, std::size_t taken, std::size_t left) {
    head_bytes_ += taken;
    const bool whole = parser_->is_header_done();
    if (head_bytes_ + (whole ? 0 : left) > limits_.head && (!error || error == http::error::need_more))
      return http::error::header_limit;
    if (!whole || error) return error;
    fields_ = headers_of(parser_->get());
    return codings_are_known() ? Error() : Error(http::error::bad_transfer_encoding);
  }

  // Beast passes over a coding that it does not know, and would take the body for the next message (RFC 9112, 6.3).
  bool codings_are_known() {
    const auto& message = parser_->get();
    if (message.count(http::field::transfer_encoding) == 0) return true;
    return message.version() == 11 && boost::beast::iequals(message[http::field::transfer_encoding], "chunked");
  }

  HttpLimits limits_;
  std::string pending_;
  std::size_t head_bytes_ = 0;
  HttpHeaders fields_;
  std::optional<Parser> parser_;
};

HttpRequest head_of(const http::request<GrowingBody>& message, const HttpHeaders& fields) {
  HttpRequest request;
  request.method = copy(message.method_string());
  request.target = copy(message.target());
  request.keep_alive = message.keep_alive();
  request.headers = fields;
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
    const auto hosts = std::ranges::count_if(
        assembler.fields(), [](const HttpHeader& field) { return boost::beast::iequals(field.name, "Host"); });
    if (message.version() == 11 && hosts != 1)
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
HttpRequest HttpRequestReader::head() const {
  return head_of(impl_->assembler.parser().get(), impl_->assembler.fields());
}

std::string HttpRequestReader::take_unfinished() {
  if (!head_done()) return {};
  return std::move(impl_->assembler.parser().get().body());
}

HttpRequest HttpRequestReader::take() {
  auto message = impl_->assembler.parser().release();
  auto request = head_of(message, impl_->assembler.fields());
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
  response.keep_alive = message.keep_alive();
  response.headers = impl_->assembler.fields();
  response.content_type = find_header(response.headers, "Content-Type");
  response.body = std::move(message.body());
  impl_->begin();
  return response;
}

}  // namespace myelin::net
