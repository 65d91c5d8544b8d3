// HTTP against the two suites: requests that post, and responses.
#include "adapters/http/destination.h"
#include "adapters/http/source.h"
#include "engine/hl7/ack.h"
#include "engine/net/http_reader.h"
#include "tests/conformance/adapters/stream_conformance.h"

namespace myelin::test {
namespace {

template <class Reader>
class Bodies : public StreamReader {
 public:
  std::optional<std::vector<std::string>> feed(std::string_view bytes) override {
    std::vector<std::string> whole;
    for (auto fed = reader_.feed(bytes);; fed = reader_.feed({})) {
      if (!fed) return std::nullopt;
      if (!reader_.done()) return whole;
      whole.push_back(word(reader_.take()));
    }
  }

 private:
  static std::string word(net::HttpRequest request) { return std::move(request.body); }
  static std::string word(const net::HttpResponse& response) {
    return response.status == 200 && response.body.find("|AA|") != std::string::npos ? "taken" : "refused";
  }
  Reader reader_;
};

class HttpWording final : public Wording {
 public:
  std::unique_ptr<Source> source(Loop& loop, net::Address listen) const override {
    http::SourceSettings settings;
    settings.listen = std::move(listen);
    settings.stop_grace = seconds(1);
    return std::make_unique<http::HttpSource>(loop, settings);
  }
  std::unique_ptr<Destination> destination(Loop& loop, net::Address peer) const override {
    http::DestinationSettings settings;
    settings.url = *http::parse_url("http://" + peer.host + ":" + std::to_string(peer.port) + "/");
    settings.egress = *http::Egress::make({"127.0.0.1"});
    settings.answer_timeout = milliseconds(200);
    return std::make_unique<http::HttpDestination>(loop, settings);
  }
  std::string offered(const std::string& message) const override {
    net::HttpRequest request;
    request.method = "POST";
    request.headers.push_back({"Content-Type", "application/hl7-v2"});
    request.body = message;
    return net::render(request, "h");
  }
  std::string answered(const std::string& message, bool taken) const override {
    hl7::AckFacts facts;
    facts.code = taken ? "AA" : "AE";
    facts.id = "9";
    net::HttpResponse response;
    response.status = taken ? 200 : 500;
    response.content_type = "application/hl7-v2";
    response.body = hl7::make_ack(message, facts);
    return net::render(response, WallTime());
  }
  std::unique_ptr<StreamReader> offers() const override { return std::make_unique<Bodies<net::HttpRequestReader>>(); }
  std::unique_ptr<StreamReader> answers() const override { return std::make_unique<Bodies<net::HttpResponseReader>>(); }
};

std::unique_ptr<SourceHarness> make_source_harness(net::AsioLoop& loop) {
  return stream_source_harness(loop, std::make_unique<HttpWording>());
}
std::unique_ptr<DestinationHarness> make_destination_harness(net::AsioLoop& loop) {
  return stream_destination_harness(loop, std::make_unique<HttpWording>());
}

INSTANTIATE_TEST_SUITE_P(Http, SourceConformance, ::testing::Values(make_source_harness));
INSTANTIATE_TEST_SUITE_P(Http, DestinationConformance, ::testing::Values(make_destination_harness));

}  // namespace
}  // namespace myelin::test
