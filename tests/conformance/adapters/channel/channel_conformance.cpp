// Hand-over between channels against the suite for destinations: the peer is the intake of another channel. (Its
// source reads nothing, so there is nothing in it for the other suite.)
#include "adapters/channel/destination.h"
#include "tests/conformance/adapters/destination_conformance.h"

namespace myelin::test {
namespace {

class ChannelHarness final : public DestinationHarness, public Exchange {
 public:
  explicit ChannelHarness(net::AsioLoop& loop) : silent_(loop), late_(loop) {}

  std::unique_ptr<Destination> make(Loop& loop) override {
    auto destination = std::make_unique<channel::ChannelDestination>(loop, "other", milliseconds(200));
    destination->join(*this);
    return destination;
  }
  std::string message(int number) override {
    return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + std::to_string(number) + "|P|2.5\r";
  }
  Task<void> leave() override {
    gone_ = true;
    silent_.notify();
    late_.notify();
    co_return;
  }
  bool can(Act act) const override { return act != Act::hang_up; }

  Task<Receipt> hand_over(Loop&, std::string channel, Received message) override {
    Receipt receipt;
    if (gone_ || channel != "other") {
      receipt.fault = Fault{FaultCode::not_found, "it does not run", {}, {}};
      co_return receipt;
    }
    const auto act = acts.empty() ? Act::take : acts.front();
    if (!acts.empty()) acts.erase(acts.begin());
    received.emplace_back(message.bytes.view());
    if (on_received) on_received();
    late_.notify();
    if (act == Act::answer_late) {
      static_cast<void>(co_await late_.wait());  // for the notify() above
      co_await late_.wait();
    }
    if (act == Act::say_nothing) co_await silent_.wait();
    if (act == Act::refuse) receipt.fault = Fault{FaultCode::rejected, "not wanted", {}, {}};
    else receipt.kind = Receipt::Kind::committed;
    co_return receipt;
  }

 private:
  Wakeup silent_, late_;
  bool gone_ = false;
};

std::unique_ptr<DestinationHarness> make_harness(net::AsioLoop& loop) { return std::make_unique<ChannelHarness>(loop); }

INSTANTIATE_TEST_SUITE_P(Channel, DestinationConformance, ::testing::Values(make_harness));

}  // namespace
}  // namespace myelin::test
