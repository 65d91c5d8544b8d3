#include "tests/conformance/adapters/stream_conformance.h"

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

class StreamSourceHarness final : public SourceHarness {
 public:
  StreamSourceHarness(net::AsioLoop& loop, std::unique_ptr<Wording> wording)
      : loop_(loop), wording_(std::move(wording)) {}

  std::unique_ptr<Source> make(Loop& loop) override {
    return wording_->source(loop, address_.empty() ? net::Address{"127.0.0.1", 0} : address_of(address_));
  }
  std::string message(int number) override { return message_of(number); }

  Task<std::string> offer(std::string address, std::string message) override {
    auto talk = converse(std::move(address), wording_->offered(message), 1);
    co_return co_await talk;
  }
  Task<std::string> offer_two(std::string address, std::string first, std::string second) override {
    auto talk = converse(std::move(address), wording_->offered(first) + wording_->offered(second), 2);
    co_return co_await talk;
  }
  Task<bool> break_off(std::string address, std::string message) override {
    auto talk = converse(std::move(address), half_of(message), 0);
    const auto answer = co_await talk;
    co_return answer.empty();
  }
  Task<bool> hang(std::string address, std::string message) override {
    const auto part = half_of(message);
    auto dialling = net::connect(loop_, address_of(address), nullptr, kLong);
    hanging_ = std::move(*(co_await dialling));
    const auto written = co_await hanging_->write_all(part, kLong);
    co_return written.has_value();
  }

 private:
  std::string half_of(const std::string& message) const {
    const auto whole = wording_->offered(message);
    return whole.substr(0, whole.size() - message.size() / 2);
  }

  // What the source answers to `bytes`, in words; of nothing when no answer is expected.
  Task<std::string> converse(std::string address, std::string bytes, std::size_t answers) {
    address_ = address;
    auto dialling = net::connect(loop_, address_of(address), nullptr, kLong);
    auto stream = co_await dialling;
    if (!stream) co_return "lost";
    static_cast<void>(co_await (*stream)->write_all(bytes, kLong));
    if (answers == 0) {
      co_await (*stream)->finish_writing(kLong);
      co_await net::linger_and_close(loop_, **stream, kLong);
    }
    const auto reader = wording_->answers();
    std::string buffer(4096, '\0');
    std::string words;
    for (std::size_t heard = 0; heard < answers;) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await (*stream)->read_some(into, kLong);
      if (!got) co_return words + "lost";
      const auto whole = reader->feed(std::string_view(buffer).substr(0, *got));
      if (!whole) co_return "garbage";
      for (const auto& word : *whole) words += (heard++ > 0 ? " " : "") + word;
    }
    co_return words;
  }

  net::AsioLoop& loop_;
  std::unique_ptr<Wording> wording_;
  std::string address_;
  std::unique_ptr<net::Stream> hanging_;
};

class StreamDestinationHarness final : public DestinationHarness {
 public:
  StreamDestinationHarness(net::AsioLoop& loop, std::unique_ptr<Wording> wording)
      : wording_(std::move(wording)), tasks_(loop) {
    listener_ = std::move(*net::listen(loop, net::Address{"127.0.0.1", 0}, nullptr));
    tasks_.spawn(serve());
  }

  std::unique_ptr<Destination> make(Loop& loop) override {
    return wording_->destination(loop, address_of(listener_->address()));
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
    const auto reader = wording_->offers();
    std::string buffer(4096, '\0');
    while (true) {
      const auto into = std::span<char>(buffer);
      const auto got = co_await stream_->read_some(into, net::kNoLimit);
      if (!got) break;
      const auto whole = reader->feed(std::string_view(buffer).substr(0, *got));
      if (!whole) break;
      for (const auto& message : *whole) {
        auto acting = act_on(message);
        const auto goes_on = co_await acting;
        if (!goes_on) co_return;
      }
    }
  }

  // False: hangs up.
  Task<bool> act_on(std::string message) {
    auto act = Act::take;
    if (!acts.empty()) {
      act = acts.front();
      acts.erase(acts.begin());
    }
    received.push_back(message);
    if (on_received) on_received();
    const auto late = std::exchange(late_, {});
    if (!late.empty()) static_cast<void>(co_await stream_->write_all(late, kLong));
    if (act == Act::answer_late) late_ = wording_->answered(message, true);
    if (act == Act::hang_up) co_return false;
    if (act == Act::say_nothing || act == Act::answer_late) co_return true;
    const auto answer = wording_->answered(message, act == Act::take);
    static_cast<void>(co_await stream_->write_all(answer, kLong));
    co_return true;
  }

  std::unique_ptr<Wording> wording_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::Stream> stream_;
  std::string late_;  // the answer of the message before
  int sessions_ = 0;
  TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<SourceHarness> stream_source_harness(net::AsioLoop& loop, std::unique_ptr<Wording> wording) {
  return std::make_unique<StreamSourceHarness>(loop, std::move(wording));
}
std::unique_ptr<DestinationHarness> stream_destination_harness(net::AsioLoop& loop, std::unique_ptr<Wording> wording) {
  return std::make_unique<StreamDestinationHarness>(loop, std::move(wording));
}

}  // namespace myelin::test
