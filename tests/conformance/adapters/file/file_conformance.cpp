// Folders against the two suites: a peer that renames files into a folder, and one that finds them there.
#include "adapters/file/destination.h"
#include "adapters/file/source.h"
#include "tests/conformance/adapters/destination_conformance.h"
#include "tests/conformance/adapters/source_conformance.h"
#include "tests/unit/file/temporary_folder.h"

namespace myelin::test {
namespace {

constexpr Duration kTick = milliseconds(2);
constexpr Duration kLong = seconds(20);

std::string message_of(int number) {
  return "MSH|^~\\&|PAS|H|LAB|H|20260101||ADT^A01|" + std::to_string(number) + "|P|2.5\rPID|1||" +
         std::to_string(number) + "\r";
}

// A folder's word for "not now" is that the file stays. So that a test need not wait for what does not happen, the
// harness hears the receipts on their way.
class Listening final : public Source, public Intake {
 public:
  explicit Listening(std::unique_ptr<Source> source) : source_(std::move(source)) {}

  Result<void> open() override { return source_->open(); }
  std::string address() const override { return source_->address(); }
  Task<void> run(Intake& intake, std::stop_token stop) override {
    intake_ = &intake;
    co_await source_->run(*this, stop);
    ended = true;
  }
  Task<Receipt> accept(Received received) override {
    auto accepting = intake_->accept(std::move(received));
    auto receipt = co_await accepting;
    if (receipt.kind == Receipt::Kind::refused) ++refusals;
    co_return receipt;
  }
  MessageId report(Incident incident) override { return intake_->report(std::move(incident)); }
  Task<Result<Progress>> progress(std::string ticket) override { return intake_->progress(std::move(ticket)); }

  int refusals = 0;
  bool ended = false;

 private:
  std::unique_ptr<Source> source_;
  Intake* intake_ = nullptr;
};

class FileSourceHarness final : public SourceHarness {
 public:
  explicit FileSourceHarness(net::AsioLoop& loop) : loop_(loop) {}

  std::unique_ptr<Source> make(Loop& loop) override {
    file::FileSettings settings;
    settings.directory = folder_.path();
    settings.settle = milliseconds(5);
    settings.every = milliseconds(20);
    settings.pause = milliseconds(50);
    auto source = std::make_unique<Listening>(std::make_unique<file::FileSource>(loop, settings));
    source_ = source.get();
    return source;
  }
  std::string message(int number) override { return message_of(number); }

  Task<std::string> offer(std::string, std::string message) override {
    auto putting = put(std::move(message));
    co_return co_await putting;
  }
  Task<std::string> offer_two(std::string, std::string first, std::string second) override {
    auto putting = put(first + second);
    const auto word = co_await putting;
    co_return word + " " + word;
  }
  Task<bool> break_off(std::string, std::string message) override {
    auto putting = put("FHS|^~\\&|PAS\rBHS|^~\\&|PAS\r" + message + "BTS|2\r");
    const auto word = co_await putting;
    co_return word == "refused";
  }

 private:
  Task<std::string> put(std::string content) {
    Wakeup tick(loop_);
    const auto name = "m" + std::to_string(++files_) + ".hl7";
    const auto refusals = source_->refusals;
    folder_.drop(name, content);
    const auto end = loop_.mono() + kLong;
    while (loop_.mono() < end && !source_->ended) {
      if (folder_.has("done/" + name)) co_return "taken";
      if (folder_.has("failed/" + name)) co_return "refused";
      if (source_->refusals > refusals && still_there(name)) co_return "refused";
      co_await tick.wait_for(kTick);
    }
    if (folder_.has("done/" + name)) co_return "taken";
    co_return "lost";
  }
  // The refusal was for a reason of ours: the file stays for the next look; here it is given up.
  bool still_there(const std::string& name) {
    if (++patience_ < 10 || !folder_.has(name)) return false;
    patience_ = 0;
    std::filesystem::remove(folder_.path(name));
    return true;
  }

  net::AsioLoop& loop_;
  file::test::TemporaryFolder folder_;
  Listening* source_ = nullptr;
  int files_ = 0, patience_ = 0;
};

// Sees what the destination made of the folder after each send.
class Looking final : public Destination {
 public:
  Looking(std::unique_ptr<Destination> inner, std::function<void()> look)
      : inner_(std::move(inner)), look_(std::move(look)) {}
  Task<Outcome> send(const Outbound& outbound) override {
    auto sending = inner_->send(outbound);
    auto outcome = co_await sending;
    look_();
    co_return outcome;
  }
  void close() override { inner_->close(); }

 private:
  std::unique_ptr<Destination> inner_;
  std::function<void()> look_;
};

class FileDestinationHarness final : public DestinationHarness {
 public:
  explicit FileDestinationHarness(net::AsioLoop&) { std::filesystem::create_directory(folder_.path("out")); }

  std::unique_ptr<Destination> make(Loop& loop) override {
    file::FileSettings settings;
    settings.directory = folder_.path("out");
    settings.name = "{control_id}.hl7";
    return std::make_unique<Looking>(std::make_unique<file::FileDestination>(loop, settings), [this] { look(); });
  }
  std::string message(int number) override {
    if (!acts.empty() && acts.front() == Act::refuse) {
      acts.clear();
      folder_.write("out/" + std::to_string(number) + ".hl7", "another");
    }
    return message_of(number);
  }
  Task<void> leave() override {
    std::filesystem::remove_all(folder_.path("out"));
    co_return;
  }
  bool can(Act act) const override { return act == Act::take || act == Act::refuse; }
  bool answers() const override { return false; }

 private:
  void look() {
    for (const auto& name : folder_.names("out")) {
      const auto content = folder_.read("out/" + name);
      if (content == "another" || !seen_.insert(name).second) continue;
      received.push_back(content);
    }
  }
  file::test::TemporaryFolder folder_;
  std::set<std::string> seen_;
};

std::unique_ptr<SourceHarness> make_source_harness(net::AsioLoop& loop) {
  return std::make_unique<FileSourceHarness>(loop);
}
std::unique_ptr<DestinationHarness> make_destination_harness(net::AsioLoop& loop) {
  return std::make_unique<FileDestinationHarness>(loop);
}

INSTANTIATE_TEST_SUITE_P(File, SourceConformance, ::testing::Values(make_source_harness));
INSTANTIATE_TEST_SUITE_P(File, DestinationConformance, ::testing::Values(make_destination_harness));

}  // namespace
}  // namespace myelin::test
