// HTTP/1.1 without I/O: bytes in, messages out. Beast's parsers stand behind it, in http_reader.cpp alone.
// What a peer sends beyond one message is kept and is the beginning of the next (pipelining).
#pragma once

#include <memory>
#include <string_view>

#include "engine/net/http.h"

namespace myelin::net {

// Contract: feed() until done(), take(), and again. After a fault the connection cannot be read any further.
class HttpRequestReader {
 public:
  explicit HttpRequestReader(HttpLimits limits = {});
  ~HttpRequestReader();

  // bad_request, head_too_large, request_too_large (as soon as the announced length is known).
  Result<void> feed(std::string_view bytes);
  bool done() const;
  // Something of a message is there, so its end is owed.
  bool started() const;
  // The head of the message under way is there; then head() has its method, target and fields.
  bool head_done() const;
  HttpRequest head() const;
  // What came of the body of a message that is not whole; nothing of its head, which may hold a password.
  std::string take_unfinished();
  // The peer waits for "100 Continue" before it sends the body. True once per message.
  bool take_expectation();
  // REQUIRES done(). Goes on to the bytes that are left over; they may be done() or a fault at the next feed("").
  HttpRequest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class HttpResponseReader {
 public:
  // `body` omitted: the request was HEAD.
  explicit HttpResponseReader(HttpLimits limits = {}, HttpBody body = HttpBody::whole);
  ~HttpResponseReader();

  // garbage_answer. Interim answers (1xx) are skipped.
  Result<void> feed(std::string_view bytes);
  // The peer closed: ends a body that has no length. connection_lost when the message is not whole.
  Result<void> finish();
  bool done() const;
  HttpResponse take();
  // Bytes came behind what was taken: more answers than questions.
  bool surplus() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace myelin::net
