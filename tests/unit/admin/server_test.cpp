// The whole way: a real Unix socket, the real host without channels, the store in memory.
#include "engine/admin/server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "engine/net/asio_loop.h"
#include "engine/net/http_client.h"
#include "engine/store/memory/memory_store.h"

namespace myelin::admin {
namespace {

struct Directory {
  Directory() {
    std::string pattern = std::filesystem::temp_directory_path() / "myelin-admin-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

NewMessage parked_message() {
  NewMessage fresh;
  fresh.message.id = MessageId{7'000'000};
  fresh.message.channel = "adt";
  fresh.message.bytes = Bytes("MSH|");
  NewDelivery delivery;
  delivery.lane = LaneKey{"adt", "lab", ""};
  delivery.state = State::parked;
  fresh.deliveries.push_back(delivery);
  return fresh;
}

class AdminServer : public testing::Test {
 protected:
  AdminServer() : host_({&loop_}, store_), server_(loop_, host_, store_, Hooks{}) {}

  // One request after another on one connection, then the server is stopped and the loop with it.
  void exchange(std::vector<net::HttpRequest> requests) {
    ASSERT_TRUE(server_.open(socket_));
    spawn(all(std::move(requests)));
    loop_.run();
  }
  Task<void> all(std::vector<net::HttpRequest> requests) {
    std::stop_source stop;
    TaskGroup serving(loop_);
    serving.spawn(server_.run(stop.get_token()));
    auto fresh = parked_message();
    const auto stored = co_await store_.append(loop_, std::move(fresh));
    EXPECT_TRUE(stored);
    auto stream = co_await net::connect_unix(loop_, socket_, seconds(5));
    EXPECT_TRUE(stream);
    for (auto& request : requests) {
      net::HttpExchange settings;
      auto answer = co_await net::exchange_http(loop_, **stream, std::move(request), std::move(settings));
      EXPECT_TRUE(answer);
      if (answer) answers_.push_back(std::move(*answer));
    }
    stop.request_stop();
    co_await serving.join();
    (*stream)->close();
    loop_.stop();
  }

  static net::HttpRequest request(std::string method, std::string target, std::string body = {}) {
    net::HttpRequest made;
    made.method = std::move(method);
    made.target = std::move(target);
    made.body = std::move(body);
    return made;
  }

  Directory directory_;
  std::string socket_ = directory_.path + "/admin.sock";
  net::AsioLoop loop_;
  MemoryStore store_;
  runtime::Host host_;
  Server server_;
  std::vector<net::HttpResponse> answers_;
};

TEST_F(AdminServer, answers_over_its_socket_and_removes_it_at_the_end) {
  exchange({request("GET", "/api/v1/status"), request("GET", "/nowhere")});
  ASSERT_EQ(answers_.size(), 2U);
  EXPECT_EQ((*json::read(answers_[0].body))["store"]["parked"].integer(), 1);
  EXPECT_EQ(answers_[1].status, 404);
  EXPECT_FALSE(std::filesystem::exists(socket_));
}

TEST_F(AdminServer, keeps_who_changed_a_delivery_and_why) {
  const auto id = to_string(DeliveryId::of(MessageId{7'000'000}, 0));
  exchange({request("POST", "/api/v1/deliveries/" + id + "/discard", R"({"reason":"sent by fax"})"),
            request("POST", "/api/v1/deliveries/" + id + "/retry", R"({"reason":"again"})"),
            request("GET", "/api/v1/messages/" + to_string(MessageId{7'000'000}))});
  ASSERT_EQ(answers_.size(), 3U);
  EXPECT_EQ(answers_[0].status, 200) << answers_[0].body;
  EXPECT_EQ(answers_[1].status, 409) << answers_[1].body;
  const auto trace = *json::read(answers_[2].body);
  EXPECT_EQ(trace["deliveries"].array()->front()["state"].text_or(""), "discarded");
  const auto note = trace["attempts"].array()->front()["detail"].text_or("");
  EXPECT_NE(note.find("sent by fax"), std::string::npos) << note;
  EXPECT_NE(note.find("uid:" + std::to_string(getuid())), std::string::npos) << note;
}

TEST_F(AdminServer, opens_its_socket_to_owner_and_group_only) {
  ASSERT_TRUE(server_.open(socket_));
  struct stat facts{};
  ASSERT_EQ(stat(socket_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0660U);
}

TEST_F(AdminServer, says_when_its_socket_cannot_be_made) {
  EXPECT_FALSE(server_.open(directory_.path + "/none/admin.sock"));
}

}  // namespace
}  // namespace myelin::admin
