// MLLP against the two suites: frames, and acknowledgements.
#include "adapters/mllp/destination.h"
#include "adapters/mllp/frame.h"
#include "adapters/mllp/source.h"
#include "engine/hl7/ack.h"
#include "tests/conformance/adapters/stream_conformance.h"

namespace myelin::test {
namespace {

class Frames : public StreamReader {
 public:
  std::optional<std::vector<std::string>> feed(std::string_view bytes) override {
    framer_.feed(bytes);
    std::vector<std::string> whole;
    while (auto event = framer_.next()) whole.push_back(word(event->bytes));
    return whole;
  }

 private:
  virtual std::string word(std::string content) const { return content; }
  mllp::Framer framer_{1'000'000};
};

class Acknowledgements final : public Frames {
  std::string word(std::string content) const override {
    const auto answer = hl7::read_answer(content);
    return answer && answer->code == "AA" ? "taken" : "refused";
  }
};

class MllpWording final : public Wording {
 public:
  std::unique_ptr<Source> source(Loop& loop, net::Address listen) const override {
    mllp::MllpSettings settings;
    settings.listen = std::move(listen);
    settings.stop_grace = seconds(1);
    return std::make_unique<mllp::MllpSource>(loop, settings);
  }
  std::unique_ptr<Destination> destination(Loop& loop, net::Address peer) const override {
    mllp::MllpSettings settings;
    settings.connect = std::move(peer);
    settings.answer_timeout = milliseconds(200);
    return std::make_unique<mllp::MllpDestination>(loop, settings);
  }
  std::string offered(const std::string& message) const override { return mllp::frame(message); }
  std::string answered(const std::string& message, bool taken) const override {
    hl7::AckFacts facts;
    facts.code = taken ? "AA" : "AE";
    facts.id = "9";
    return mllp::frame(hl7::make_ack(message, facts));
  }
  std::unique_ptr<StreamReader> offers() const override { return std::make_unique<Frames>(); }
  std::unique_ptr<StreamReader> answers() const override { return std::make_unique<Acknowledgements>(); }
};

std::unique_ptr<SourceHarness> make_source_harness(net::AsioLoop& loop) {
  return stream_source_harness(loop, std::make_unique<MllpWording>());
}
std::unique_ptr<DestinationHarness> make_destination_harness(net::AsioLoop& loop) {
  return stream_destination_harness(loop, std::make_unique<MllpWording>());
}

INSTANTIATE_TEST_SUITE_P(Mllp, SourceConformance, ::testing::Values(make_source_harness));
INSTANTIATE_TEST_SUITE_P(Mllp, DestinationConformance, ::testing::Values(make_destination_harness));

}  // namespace
}  // namespace myelin::test
