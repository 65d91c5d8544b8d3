// The contract of Stream, on every kind of stream that there is: one list of cases, four makers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "engine/net/socket.h"
#include "tests/unit/net/certificates.h"
#include "tests/unit/net/on_loop.h"

namespace myelin::net {
namespace {

using test::run;
using Pair = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

Task<void> take(Listener* listener, std::unique_ptr<Stream>* into, Wakeup* done) {
  auto accepted = co_await listener->accept();
  if (accepted) *into = std::move(*accepted);
  done->notify();
}

Task<Pair> connected(AsioLoop* loop, Listener* listener, Address address, std::shared_ptr<TlsContext> tls,
                     std::string path) {
  Pair pair;
  Wakeup done(*loop);
  spawn(take(listener, &pair.second, &done));
  if (path.empty()) {
    auto stream = co_await connect(*loop, address, tls, seconds(20));
    if (stream) pair.first = std::move(*stream);
  } else {
    auto stream = co_await connect_unix(*loop, path, seconds(20));
    if (stream) pair.first = std::move(*stream);
  }
  co_await done.wait();
  listener->close();
  co_return pair;
}

enum class Kind : std::uint8_t { memory, tcp, tls, unix_socket };

class StreamContract : public ::testing::TestWithParam<Kind> {
 protected:
  Pair make() {
    if (GetParam() == Kind::memory) return make_memory_pair(loop);
    if (GetParam() == Kind::unix_socket) {
      const auto path = (certificates.directory() / "socket").string();
      auto listener = listen_unix(loop, path, 0600);
      EXPECT_TRUE(listener);
      return run(loop, connected(&loop, listener->get(), Address(), nullptr, path));
    }
    std::shared_ptr<TlsContext> server, client;
    if (GetParam() == Kind::tls) {
      server = make_tls_server(certificates.server()).value();
      client = make_tls_client(certificates.client()).value();
    }
    auto listener = listen(loop, Address{"127.0.0.1", 0}, server);
    EXPECT_TRUE(listener);
    const auto text = (*listener)->address();
    const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
    return run(loop, connected(&loop, listener->get(), Address{"127.0.0.1", port}, client, std::string()));
  }

  test::Certificates certificates;
  AsioLoop loop;
};

Task<std::string> read_to_end(Stream* stream) {
  std::string all;
  std::array<char, 4096> part;
  while (true) {
    const auto got = co_await stream->read_some(part, seconds(20));
    if (!got) {
      all.append("|").append(to_string(got.error()));
      co_return all;
    }
    all.append(part.data(), *got);
  }
}

Task<void> write_and_finish(Stream* stream, std::string bytes) {
  const auto sent = co_await stream->write_all(bytes, seconds(20));
  EXPECT_TRUE(sent);
  co_await stream->finish_writing(seconds(20));
}

TEST_P(StreamContract, carries_more_than_any_buffer_holds_unchanged_and_ends_in_order) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  std::string bytes;
  while (bytes.size() < 3'000'000) bytes += std::to_string(bytes.size()) + ",";
  spawn(write_and_finish(near.get(), bytes));
  EXPECT_TRUE(run(loop, read_to_end(far.get())) == bytes + "|closed");
}

TEST_P(StreamContract, can_answer_after_the_peer_has_finished_writing) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  spawn(write_and_finish(near.get(), "question"));
  EXPECT_EQ(run(loop, read_to_end(far.get())), "question|closed");
  spawn(write_and_finish(far.get(), "answer"));
  EXPECT_EQ(run(loop, read_to_end(near.get())), "answer|closed");
}

Task<std::string> limited_read(Stream* stream, Duration limit) {
  std::array<char, 16> part;
  const auto got = co_await stream->read_some(part, limit);
  if (!got) co_return std::string(to_string(got.error()));
  co_return std::string(part.data(), *got);
}

TEST_P(StreamContract, a_read_ends_when_its_limit_passes_and_the_next_one_still_works) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  EXPECT_EQ(run(loop, limited_read(far.get(), milliseconds(5))), "timeout");
  EXPECT_EQ(run(loop, limited_read(far.get(), milliseconds(1))), "timeout");
  spawn(write_and_finish(near.get(), "late"));
  EXPECT_EQ(run(loop, limited_read(far.get(), seconds(20))), "late");
}

Task<std::string> write_until_full(Stream* stream, Duration limit) {
  const std::string bytes(64 * 1024, 'x');
  for (int i = 0; i < 1000; ++i) {
    const auto sent = co_await stream->write_all(bytes, limit);
    if (!sent) co_return std::string(to_string(sent.error()));
  }
  co_return "never full";
}

TEST_P(StreamContract, a_write_to_a_peer_that_never_reads_ends_when_its_limit_passes) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  EXPECT_EQ(run(loop, write_until_full(near.get(), milliseconds(20))), "timeout");
}

TEST_P(StreamContract, close_ends_a_read_in_flight_and_may_be_called_twice) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  Stream* const stream = near.get();
  loop.post([stream] {
    stream->close();
    stream->close();
  });
  EXPECT_EQ(run(loop, limited_read(near.get(), kNoLimit)), "closed");
  EXPECT_EQ(run(loop, limited_read(near.get(), seconds(20))), "closed");
  EXPECT_EQ(run(loop, limited_read(far.get(), seconds(20))), "closed");
}

TEST_P(StreamContract, a_read_limit_does_not_disturb_a_write_in_flight) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  const std::string bytes(3'000'000, 'y');
  spawn(write_and_finish(near.get(), bytes));
  EXPECT_EQ(run(loop, limited_read(near.get(), milliseconds(5))), "timeout");
  EXPECT_TRUE(run(loop, read_to_end(far.get())) == bytes + "|closed");
}

TEST_P(StreamContract, lingering_lets_the_peer_read_what_was_written_last) {
  auto [near, far] = make();
  ASSERT_TRUE(near && far);
  spawn(write_and_finish(near.get(), std::string(200'000, 'z')));
  spawn(write_and_finish(far.get(), "last words"));
  Stream* const stream = far.get();
  run(loop, linger_and_close(loop, *stream, seconds(20)));
  EXPECT_EQ(run(loop, read_to_end(near.get())), "last words|closed");
}

std::string name_of_kind(const ::testing::TestParamInfo<Kind>& of) {
  constexpr std::array<const char*, 4> kNames = {"memory", "tcp", "tls", "unix_socket"};
  return kNames[static_cast<std::size_t>(of.param)];
}

INSTANTIATE_TEST_SUITE_P(Every, StreamContract,
                         ::testing::Values(Kind::memory, Kind::tcp, Kind::tls, Kind::unix_socket), name_of_kind);

}  // namespace
}  // namespace myelin::net
