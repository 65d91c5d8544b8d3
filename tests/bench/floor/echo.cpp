// A peer over bare Asio that sends back what it gets: what the network alone costs.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdio>
#include <memory>

#include "tests/bench/floor/floor.h"

namespace myelin::floor {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class Session : public std::enable_shared_from_this<Session> {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) { socket_.set_option(tcp::no_delay(true)); }

  void read() {
    auto then = [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
      if (!error) self->write(size);
    };
    socket_.async_read_some(asio::buffer(bytes_), std::move(then));
  }

 private:
  void write(std::size_t size) {
    auto then = [self = shared_from_this()](const boost::system::error_code& error, std::size_t /*size*/) {
      if (!error) self->read();
    };
    asio::async_write(socket_, asio::buffer(bytes_.data(), size), std::move(then));
  }

  tcp::socket socket_;
  std::array<char, 65536> bytes_{};
};

void accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([&acceptor](const boost::system::error_code& error, tcp::socket socket) {
    if (!error) std::make_shared<Session>(std::move(socket))->read();
    accept(acceptor);
  });
}

}  // namespace

int echo() {
  asio::io_context loop(1);
  tcp::acceptor acceptor(loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  accept(acceptor);
  loop.run();
  return 0;
}

}  // namespace myelin::floor
