// The verbs' side of the daemon's API: HTTP over its Unix socket. One connection, made when it is needed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/task.h"
#include "engine/fhir/json.h"
#include "engine/main/console.h"
#include "engine/net/stream.h"

namespace myelin {

struct Reply {
  int status = 200;
  json::Value body;
};

class DaemonLink {
 public:
  DaemonLink(Loop& loop, std::string socket) : loop_(loop), socket_(std::move(socket)) {}

  // What the daemon answered, a refusal too. daemon_not_reached, no_answer, connection_lost, garbage_answer.
  Task<Result<Reply>> send(std::string method, std::string target, std::string body);
  // As send(), where a refusal is the daemon's fault.
  Task<Result<json::Value>> get(std::string target);
  Task<Result<json::Value>> post(std::string target, json::Value body);
  // How long an answer may take; two minutes unless said.
  void be_patient(Duration limit) { limit_ = limit; }
  // Before a person is asked something: the daemon closes connections that idle.
  void close();

 private:
  Loop& loop_;
  std::string socket_;
  std::unique_ptr<net::Stream> stream_;
  Duration limit_ = seconds(120);  // a reload compiles and tests a whole configuration
};

// The fault in an answer of status 400 or more.
Fault fault_of(const Reply& reply);

// --socket, else $MYELIN_SOCKET, else where the daemon puts it.
std::string socket_path(const std::string& option);

// Runs `body` on a loop of its own until it is done.
Exit with_daemon(const std::string& socket, std::function<Task<Exit>(DaemonLink&)> body);

}  // namespace myelin
