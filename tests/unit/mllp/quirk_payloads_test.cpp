// Goal G11 of reliability.md: the quirks of the wire with random payloads, a hundred of each and mixed in one stream,
// cut anywhere. Nothing is lost, nothing becomes one with its neighbour, nothing is made up.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "adapters/mllp/frame.h"

namespace myelin::mllp {
namespace {

constexpr int kPayloads = 100;
constexpr std::size_t kMaxFrame = 1'000'000;

// How a frame may arrive: what stands before its start byte, behind its content, and in place of its end.
struct Wrapping {
  const char* name;
  std::string_view before, behind, end;
};
constexpr std::array<Wrapping, 9> kWrappings = {
    {{"as it should", "", "", "\x1C\r"},
     {"Q4 a line feed behind it", "", "", "\x1C\r\n"},
     {"Q5 an extra CR before the end", "", "\r", "\x1C\r"},
     {"Q5 an extra line end before the end", "", "\r\n", "\x1C\r"},
     {"Q7 no CR behind the end byte", "", "", "\x1C"},
     {"Q10 NUL bytes before it", std::string_view("\0\0\0", 3), "", "\x1C\r"},
     {"Q11 spaces that keep the line alive", "   ", "", "\x1C\r"},
     {"Q13 blank lines before it", "\r\n\r\n", "", "\x1C\r"},
     {"a start byte sent twice", "\x0B", "", "\x1C\r"}}};

// Segments of anything: text of every byte but the two that frame, and CR only where a segment ends. Now and then an
// end byte inside the data (Q12), which is followed by neither CR nor LF nor a start byte.
std::string payload(std::mt19937& random) {
  std::string text = "MSH|^~\\&|" + std::to_string(random());
  const auto segments = 1 + random() % 12;
  for (std::size_t segment = 0; segment < segments; ++segment) {
    text += "\rNTE|";
    const auto length = random() % 200;
    for (std::size_t at = 0; at < length; ++at) {
      const auto byte = static_cast<char>(random() % 256);
      if (byte != kStart && byte != kEnd && byte != kReturn) text += byte;
      else if (byte == kEnd) text += "\x1Cx";
    }
    text += '|';
  }
  return text + '\r';
}

// What comes out of `stream`, in pieces of random size.
std::vector<FrameEvent> read(std::string_view stream, std::mt19937& random) {
  Framer framer(kMaxFrame);
  std::vector<FrameEvent> events;
  while (!stream.empty()) {
    const auto size = std::min<std::size_t>(stream.size(), random() % 4 == 0 ? 1 + random() % 3 : 1 + random() % 4000);
    framer.feed(stream.substr(0, size));
    stream.remove_prefix(size);
    while (auto event = framer.next()) events.push_back(std::move(*event));
  }
  if (auto event = framer.pause()) events.push_back(std::move(*event));
  return events;
}

void expect_all(const std::vector<std::string>& sent, const std::vector<FrameEvent>& got) {
  ASSERT_EQ(got.size(), sent.size());
  for (std::size_t at = 0; at < sent.size(); ++at) {
    ASSERT_EQ(got[at].kind, FrameEvent::Kind::frame) << at;
    ASSERT_EQ(got[at].bytes, sent[at]) << at;
  }
}

TEST(QuirkPayloads, a_hundred_of_each_quirk_come_whole_and_apart) {
  for (const auto& wrapping : kWrappings) {
    SCOPED_TRACE(wrapping.name);
    std::mt19937 random(4711);
    std::string stream;
    std::vector<std::string> sent;
    for (int n = 0; n < kPayloads; ++n) {
      sent.push_back(payload(random));
      stream.append(wrapping.before) += kStart;
      stream.append(sent.back()).append(wrapping.behind).append(wrapping.end);
      sent.back().append(wrapping.behind);  // it belongs to the content; the parser skips it
    }
    expect_all(sent, read(stream, random));
  }
}

// An end byte without its CR is data when a space follows, so a pause would be needed: no peer does both at once.
TEST(QuirkPayloads, all_quirks_mixed_on_one_connection_come_whole_and_apart) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    std::string stream;
    std::vector<std::string> sent;
    for (int n = 0; n < kPayloads; ++n) {
      const auto& wrapping = kWrappings[random() % kWrappings.size()];
      sent.push_back(payload(random));
      if (!stream.ends_with(kEnd)) stream.append(wrapping.before);
      stream += kStart;
      stream.append(sent.back()).append(wrapping.behind).append(wrapping.end);
      sent.back().append(wrapping.behind);
    }
    expect_all(sent, read(stream, random));
  }
}

}  // namespace
}  // namespace myelin::mllp
