// The API on a Unix socket: who may open the socket is the file's mode, who asked is what the kernel says.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "engine/admin/api.h"
#include "engine/admin/operations.h"
#include "engine/net/socket.h"

namespace myelin::admin {

class Server {
 public:
  // `loop` is the host's first and an AsioLoop; host and store outlive the server.
  Server(Loop& loop, runtime::Host& host, Store& store, Hooks hooks);

  // port_in_use where another engine answers there, bad_address. Nothing is answered before run().
  Result<void> open(const std::string& path, unsigned mode = 0660);
  // Until `stop`; then what is in hand is answered, the path removed, and it returns.
  Task<void> run(std::stop_token stop);

 private:
  Loop& loop_;
  Api api_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace myelin::admin
