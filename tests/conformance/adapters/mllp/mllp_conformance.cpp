// MLLP against the two suites: a peer that frames, and answers or reads acknowledgements.
#include "adapters/mllp/destination.h"
#include "adapters/mllp/frame.h"
#include "adapters/mllp/source.h"
#include "engine/hl7/ack.h"
#include "engine/net/socket.h"
#include "tests/conformance/adapters/destination_conformance.h"
#include "tests/conformance/adapters/source_conformance.h"

namespace myelin::test {
namespace {

constexpr Duration kLong = seconds(20);

net::Address address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  return net::Address{text.substr(0, colon), static_cast<std::uint16_t>(std::stoi(text.substr(colon + 1)))};
}

std::string message_of(int number) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + std::to_string(number) + "|P|2.5\rPID|1||" +
         std::to_string(number) + "\r";
}

class MllpSourceHarness final : public SourceHarness {
 public:
  explicit MllpSourceHarness(net::AsioLoop& loop) : loop_(loop) {}

  std::unique_ptr<Source> make(Loop& loop) override {
    mllp::MllpSettings settings;
    settings.listen = address_.empty() ? net::Address{"127.0.0.1", 0} : address_of(address_);
    settings.stop_grace = seconds(1);
    return std::make_unique<mllp::MllpSource>(loop, settings);
  }
  std::string message(int number) override { return message_of(number); }

  Task<std::string> offer(std::string address, std::string message) override {
    auto talk = converse(std::move(address), mllp::frame(message), 1);
    co_return co_await talk;
  }
  Task<std::string> offer_two(std::string address, std::string first, std::string second) override {
    auto talk = converse(std::move(address), mllp::frame(first) + mllp::frame(second), 2);
    co_return co_await talk;
  }
  Task<bool> break_off(std::string address, std::string message) override {
    auto talk = converse(std::move(address), mllp::frame(message).substr(0, message.size() / 2), 0);
    const auto answer = co_await talk;
    co_return answer.empty();
  }
  Task<bool> hang(std::string address, std::string message) override {
    const auto part = mllp::frame(message).substr(0, message.size() / 2);
    auto dialling = net::connect(loop_, address_of(address), nullptr, kLong);
    hanging_ = std::move(*(co_await dialling));
    const auto written = co_await hanging_->write_all(part, kLong);
    co_return written.has_value();
  }

 private:
  Task<std::string> converse(std::string address, std::string bytes, int answers) {
    address_ = address;
    auto dialling = net::connect(loop_, address_of(address), nullptr, kLong);
    auto stream = co_await dialling;
    if (!stream) co_return "lost";
    static_cast<void>(co_await (*stream)->write_all(bytes, kLong));
    if (answers == 0) {
      co_await (*stream)->finish_writing(kLong);
      co_await net::linger_and_close(loop_, **stream, kLong);
    }
    mllp::Framer framer(1'000'000);
    std::string words;
    while (answers > 0) {
      const auto got = co_await (*stream)->read_some(framer.space(), kLong);
      if (!got) co_return words + "lost";
      framer.filled(*got);
      while (auto event = framer.next()) {
        const auto answer = hl7::read_answer(event->bytes);
        words += answer && answer->code == "AA" ? "taken" : "refused";
        if (--answers > 0) words += " ";
      }
    }
    co_return words;
  }

  net::AsioLoop& loop_;
  std::string address_;
  std::unique_ptr<net::Stream> hanging_;
};

class MllpDestinationHarness final : public DestinationHarness {
 public:
  explicit MllpDestinationHarness(net::AsioLoop& loop) : tasks_(loop) {
    listener_ = std::move(*net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr));
    tasks_.spawn(serve());
  }

  std::unique_ptr<Destination> make(Loop& loop) override {
    mllp::MllpSettings settings;
    settings.connect = address_of(listener_->address());
    settings.answer_timeout = milliseconds(200);
    return std::make_unique<mllp::MllpDestination>(loop, settings);
  }
  std::string message(int number) override { return message_of(number); }

  Task<void> leave() override {
    listener_->close();
    if (stream_) stream_->close();
    co_await tasks_.join();
  }
  std::optional<int> sessions() const override { return sessions_; }

 private:
  Task<void> serve() {
    while (true) {
      auto accepted = co_await listener_->accept();
      if (!accepted) break;
      stream_ = std::move(*accepted);
      ++sessions_;
      co_await talk();
      stream_->close();
    }
  }
  Task<void> talk() {
    mllp::Framer framer(1'000'000);
    while (true) {
      const auto got = co_await stream_->read_some(framer.space(), net::kNoLimit);
      if (!got) break;
      framer.filled(*got);
      while (auto event = framer.next()) {
        const auto act = acts.empty() ? Act::take : acts.front();
        if (!acts.empty()) acts.erase(acts.begin());
        received.push_back(event->bytes);
        if (on_received) on_received();
        const auto late = std::exchange(late_, {});
        if (!late.empty()) static_cast<void>(co_await stream_->write_all(late, kLong));
        if (act == Act::answer_late) late_ = answer_to(event->bytes, Act::take);
        if (act == Act::hang_up) co_return;
        if (act == Act::say_nothing || act == Act::answer_late) continue;
        const auto answer = answer_to(event->bytes, act);
        static_cast<void>(co_await stream_->write_all(answer, kLong));
      }
    }
  }
  static std::string answer_to(const std::string& message, Act act) {
    hl7::AckFacts facts;
    facts.code = act == Act::take ? "AA" : "AE";
    facts.id = "9";
    return mllp::frame(hl7::make_ack(message, facts));
  }

  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::Stream> stream_;
  std::string late_;  // the answer of the message before
  int sessions_ = 0;
  TaskGroup tasks_;
};

std::unique_ptr<SourceHarness> make_source_harness(net::AsioLoop& loop) {
  return std::make_unique<MllpSourceHarness>(loop);
}
std::unique_ptr<DestinationHarness> make_destination_harness(net::AsioLoop& loop) {
  return std::make_unique<MllpDestinationHarness>(loop);
}

INSTANTIATE_TEST_SUITE_P(Mllp, SourceConformance, ::testing::Values(make_source_harness));
INSTANTIATE_TEST_SUITE_P(Mllp, DestinationConformance, ::testing::Values(make_destination_harness));

}  // namespace
}  // namespace myelin::test
