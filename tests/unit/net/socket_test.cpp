#include "engine/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/unit/net/on_loop.h"

namespace myelin::net {
namespace {

using test::run;

Address address_of(const Listener& listener) {
  const auto text = listener.address();
  const auto colon = text.rfind(':');
  return Address{text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

class SocketTest : public ::testing::Test {
 protected:
  SocketTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "myelin-socket-XXXXXX").string();
    directory = ::mkdtemp(pattern.data());
  }
  ~SocketTest() override { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
  AsioLoop loop;
};

TEST_F(SocketTest, a_second_listener_on_a_port_is_told_that_it_is_in_use) {
  auto first = listen(loop, Address{"127.0.0.1", 0}, nullptr);
  ASSERT_TRUE(first);
  const auto second = listen(loop, address_of(**first), nullptr);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, FaultCode::port_in_use);
  EXPECT_NE(second.error().detail.find((*first)->address()), std::string::npos);
}

TEST_F(SocketTest, an_empty_host_means_every_interface) {
  auto listener = listen(loop, Address{"", 0}, nullptr);
  ASSERT_TRUE(listener);
  const auto port = address_of(**listener).port;
  auto stream = run(loop, connect(loop, Address{"", port}, nullptr, seconds(20)));
  ASSERT_TRUE(stream);
  auto accepted = run(loop, (*listener)->accept());
  ASSERT_TRUE(accepted);
  EXPECT_TRUE((*accepted)->peer().starts_with("127.0.0.1:")) << (*accepted)->peer();
}

int option(int handle, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(handle, level, name, &value, &size) == 0 ? value : -1;
}

TEST_F(SocketTest, every_connection_has_the_settings_of_the_design_at_both_ends) {
  auto listener = listen(loop, Address{"127.0.0.1", 0}, nullptr);
  ASSERT_TRUE(listener);
  auto stream = run(loop, connect(loop, address_of(**listener), nullptr, seconds(20)));
  auto accepted = run(loop, (*listener)->accept());
  ASSERT_TRUE(stream && accepted);
  int seen = 0;
  for (int handle = 0; handle < 1024; ++handle) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (option(handle, SOL_SOCKET, SO_DOMAIN) != AF_INET) continue;
    if (::getpeername(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    ++seen;
    EXPECT_EQ(option(handle, IPPROTO_TCP, TCP_NODELAY), 1);
    EXPECT_EQ(option(handle, SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(option(handle, IPPROTO_TCP, TCP_KEEPIDLE), 30);
    EXPECT_EQ(option(handle, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(option(handle, IPPROTO_TCP, TCP_KEEPCNT), 3);
    EXPECT_EQ(option(handle, IPPROTO_TCP, TCP_USER_TIMEOUT), 30'000);
  }
  EXPECT_EQ(seen, 2);
}

TEST_F(SocketTest, a_name_is_resolved) {
  auto listener = listen(loop, Address{"localhost", 0}, nullptr);
  ASSERT_TRUE(listener);
  EXPECT_TRUE(run(loop, connect(loop, Address{"localhost", address_of(**listener).port}, nullptr, seconds(20))));
}

TEST_F(SocketTest, a_port_where_nobody_listens_is_unreachable) {
  Address address;
  {
    auto listener = listen(loop, Address{"127.0.0.1", 0}, nullptr);
    address = address_of(**listener);
  }
  const auto stream = run(loop, connect(loop, address, nullptr, seconds(20)));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, FaultCode::unreachable);
  EXPECT_NE(stream.error().detail.find("refused"), std::string::npos) << stream.error().detail;
}

TEST_F(SocketTest, connecting_ends_at_once_when_it_is_told_to_stop) {
  std::stop_source stop;
  loop.post([&] { stop.request_stop(); });
  // 192.0.2.0/24 is for documentation: nothing answers there, one way or the other.
  const auto stream = run(loop, connect(loop, Address{"192.0.2.1", 9}, nullptr, seconds(60), stop.get_token()));
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code, FaultCode::unreachable);
}

TEST_F(SocketTest, an_impossible_address_is_a_fault_and_not_a_crash) {
  EXPECT_EQ(listen(loop, Address{"192.0.2.1", 2575}, nullptr).error().code, FaultCode::bad_address);
  EXPECT_EQ(listen(loop, Address{"no such host", 2575}, nullptr).error().code, FaultCode::bad_address);
  EXPECT_EQ(run(loop, connect(loop, Address{"127.0.0.1", 0}, nullptr, seconds(20))).error().code,
            FaultCode::bad_address);
  EXPECT_EQ(listen_unix(loop, std::string(200, 'x'), 0600).error().code, FaultCode::bad_address);
}

TEST_F(SocketTest, a_unix_socket_has_its_mode_and_knows_who_calls) {
  const auto path = (directory / "socket").string();
  auto listener = listen_unix(loop, path, 0660);
  ASSERT_TRUE(listener);
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0660U);
  auto stream = run(loop, connect_unix(loop, path, seconds(20)));
  ASSERT_TRUE(stream);
  auto accepted = run(loop, (*listener)->accept());
  ASSERT_TRUE(accepted);
  EXPECT_EQ((*accepted)->peer(), "uid:" + std::to_string(::getuid()));
  (*listener)->close();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SocketTest, a_stale_unix_socket_is_replaced_and_a_live_one_is_not) {
  const auto path = (directory / "socket").string();
  auto listener = listen_unix(loop, path, 0600);
  ASSERT_TRUE(listener);
  const auto live = listen_unix(loop, path, 0600);
  ASSERT_FALSE(live);
  EXPECT_EQ(live.error().code, FaultCode::port_in_use);
  std::filesystem::rename(path, directory / "kept");
  (*listener)->close();
  std::filesystem::rename(directory / "kept", path);
  EXPECT_TRUE(listen_unix(loop, path, 0600));
}

TEST_F(SocketTest, a_file_that_is_no_socket_is_never_removed) {
  const auto path = (directory / "file").string();
  std::ofstream(path) << "precious";
  EXPECT_EQ(listen_unix(loop, path, 0600).error().code, FaultCode::bad_address);
  EXPECT_TRUE(std::filesystem::exists(path));
}

Task<bool> accept_ends(Listener* listener) {
  const auto accepted = co_await listener->accept();
  co_return !accepted && accepted.error() == StreamError::closed;
}

TEST_F(SocketTest, close_ends_an_accept_in_flight) {
  auto listener = listen(loop, Address{"127.0.0.1", 0}, nullptr);
  ASSERT_TRUE(listener);
  loop.post([&] { (*listener)->close(); });
  EXPECT_TRUE(run(loop, accept_ends(listener->get())));
  EXPECT_TRUE(run(loop, accept_ends(listener->get())));
}

}  // namespace
}  // namespace myelin::net
