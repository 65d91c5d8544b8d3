// Link: one connection to a peer with a reader always on it. So its end is known before the next request is written,
// and what comes when nothing was asked ends it instead of being taken for the next one's answer.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/task.h"
#include "engine/net/http.h"
#include "engine/net/http_reader.h"
#include "engine/net/stream.h"

namespace myelin::http {

class Link {
 public:
  static std::shared_ptr<Link> begin(Loop& loop, std::unique_ptr<net::Stream> stream, net::HttpLimits limits);
  Link(Loop& loop, std::unique_ptr<net::Stream> stream, net::HttpLimits limits);

  struct Limits {
    Duration write;   // for each MiB
    Duration answer;  // from the end of the request
  };
  // One request, rendered; one at a time. no_answer, connection_lost, garbage_answer: then the link is dead.
  static Task<Result<net::HttpResponse>> ask(std::shared_ptr<Link> link, std::string request, Limits limits);

  // Can carry another request: nobody ended it, and the peer's Keep-Alive time has not passed.
  bool alive() const;
  // Closes; a request in flight ends with connection_lost, in a later turn of the loop.
  void end();

 private:
  static Task<void> read(std::shared_ptr<Link> link);
  Task<void> write(std::string_view request, Duration limit);
  void finish();
  void note_keep_alive(const net::HttpResponse& response);

  Loop& loop_;
  std::unique_ptr<net::Stream> stream_;
  net::HttpResponseReader reader_;
  Wakeup changed_;
  MonoTime usable_until_ = MonoTime::max();
  std::optional<Fault> fault_;
  bool asked_ = false;
  bool dead_ = false;
};

}  // namespace myelin::http
