#include "adapters/mllp/frame.h"

#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/property.h"

namespace myelin::mllp {
namespace {

using namespace std::literals;
using Kind = FrameEvent::Kind;

// Events as one readable line: F(…) frame, J(…) junk, U(…) unterminated, L(…) too large, R(…) what is left at the end.
std::string show(const FrameEvent& event) {
  constexpr std::string_view kLetters = "FJUL";
  return std::string(1, kLetters[static_cast<std::size_t>(event.kind)]) + "(" + event.bytes + ")";
}

void drain(Framer& framer, std::string& shown) {
  while (auto event = framer.next()) shown += show(*event);
}

// Cut at the given places; at the end of the connection, as a source reads it.
std::string read(std::string_view bytes, const std::vector<std::size_t>& sizes, std::size_t max_frame = 1'000'000) {
  Framer framer(max_frame);
  std::string shown;
  for (std::size_t size : sizes) {
    framer.feed(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    drain(framer, shown);
  }
  framer.feed(bytes);
  drain(framer, shown);
  if (auto event = framer.pause()) shown += show(*event);
  if (auto rest = framer.rest()) shown += "R(" + *rest + ")";
  return shown;
}
std::string read(std::string_view bytes) { return read(bytes, {}); }

TEST(Framer, gives_the_content_of_one_frame) { EXPECT_EQ(read("\x0BMSH|a\r\x1C\r"), "F(MSH|a\r)"); }

TEST(Framer, gives_all_frames_of_one_write) {
  EXPECT_EQ(read("\x0B"
                 "a\x1C\r\x0B"
                 "b\x1C\r\x0B"
                 "c\x1C\r"),
            "F(a)F(b)F(c)");
}

TEST(Framer, gives_a_large_frame_and_all_that_came_behind_it) {
  const std::string large(3'000'001, 'x');
  const auto both = "\x0B" + large + "\x1C\r\r\n\x0Bnext\x1C\rjunk";
  EXPECT_EQ(read(both, {1'000'000, 1'000'000, 1'000'000}, 4'000'000), "F(" + large + ")F(next)J(junk)");
  EXPECT_EQ(read("\x0B" + large + "\x0B" + large + "\x1C\r", {2'999'000}, 7'000'000),
            "F(" + large + "\x0B" + large + ")");
}

TEST(Framer, skips_line_ends_nul_and_space_between_frames) {
  EXPECT_EQ(read("\x0B"
                 "a\x1C\r\n\r\n \0\0\x0B"
                 "b\x1C\r\r\n\x0B"
                 "c\x1C\r\x1C\r"sv),
            "F(a)F(b)F(c)");
}

TEST(Framer, keeps_extra_line_ends_inside_the_frame) {
  EXPECT_EQ(read("\x0B"
                 "a\r\r\n\x1C\r"),
            "F(a\r\r\n)");
}

TEST(Framer, ends_a_frame_without_its_last_cr_by_the_next_start) {
  EXPECT_EQ(read("\x0B"
                 "a\x1C\x0B"
                 "b\x1C\r"),
            "F(a)F(b)");
}

TEST(Framer, ends_a_frame_without_its_last_cr_by_a_pause) {
  Framer framer(100);
  framer.feed(
      "\x0B"
      "a\x1C");
  EXPECT_FALSE(framer.next());
  EXPECT_EQ(framer.state(), Framer::State::undecided);
  const auto event = framer.pause();
  ASSERT_TRUE(event);
  EXPECT_EQ(show(*event), "F(a)");
  framer.feed(
      "\r\x0B"
      "b\x1C\r");
  EXPECT_EQ(show(*framer.next()), "F(b)");
}

TEST(Framer, ends_a_frame_at_fs_lf_by_the_next_start_or_a_pause_and_from_then_on_at_once) {
  EXPECT_EQ(read("\x0B"
                 "a\x1C\n\x0B"
                 "b\x1C\n"),
            "F(a)F(b)");
  EXPECT_EQ(read("\x0B"
                 "a\x1C\nb\x1C\r"),
            "F(a\x1C\nb)");  // not ended so before: data
  Framer framer(1000);
  framer.feed(
      "\x0B"
      "a\x1C\n");
  EXPECT_EQ(framer.next(), std::nullopt);
  EXPECT_EQ(framer.state(), Framer::State::undecided);
  EXPECT_EQ(framer.pause()->bytes, "a");
  EXPECT_EQ(framer.state(), Framer::State::between);
  framer.feed(
      "\x0B"
      "b\x1C\n");
  EXPECT_EQ(framer.next()->bytes, "b");
  EXPECT_EQ(framer.state(), Framer::State::between);
}

TEST(Framer, takes_an_end_byte_followed_by_anything_else_as_data) {
  EXPECT_EQ(read("\x0B"
                 "a\x1C"
                 "b\x1C\x1C\r"),
            "F(a\x1C"
            "b\x1C)");
}

TEST(Framer, begins_anew_at_a_start_byte_after_cr_and_shows_what_was_unterminated) {
  EXPECT_EQ(read("\x0B"
                 "MSH|a\r\x0BMSH|b\r\x1C\r"),
            "U(MSH|a\r)F(MSH|b\r)");
}

TEST(Framer, takes_a_start_byte_elsewhere_as_data) {
  EXPECT_EQ(read("\x0B"
                 "a\x0B"
                 "b\x1C\r"),
            "F(a\x0B"
            "b)");
}

TEST(Framer, takes_a_start_byte_sent_twice_as_one) {
  EXPECT_EQ(read("\x0B\x0B"
                 "a\x1C\r"),
            "F(a)");
}

TEST(Framer, shows_bytes_before_a_start_byte_as_junk) {
  EXPECT_EQ(read("xyz\x0B"
                 "a\x1C\r"),
            "J(xyz)F(a)");
}

TEST(Framer, shows_a_message_without_start_byte_as_junk_and_goes_on) {
  EXPECT_EQ(read("MSH|a\rPID|\r\x1C\r\x0B"
                 "b\x1C\r"),
            "J(MSH|a\rPID|\r)F(b)");
}

TEST(Framer, shows_junk_that_is_not_followed_by_anything_after_a_pause) {
  Framer framer(100);
  framer.feed("GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(framer.next());
  EXPECT_EQ(framer.state(), Framer::State::undecided);
  EXPECT_EQ(show(*framer.pause()), "J(GET / HTTP/1.1\r\n\r\n)");
  EXPECT_EQ(framer.state(), Framer::State::between);
}

TEST(Framer, gives_an_empty_frame_as_an_empty_frame) {
  EXPECT_EQ(read("\x0B\x1C\r\x0B"
                 "b\x1C\r"),
            "F()F(b)");
}

TEST(Framer, knows_what_is_left_of_a_frame_when_the_connection_ends) {
  EXPECT_EQ(read("\x0B"
                 "MSH|a"),
            "R(MSH|a)");
  EXPECT_EQ(read("\x0B"), "R()");
  EXPECT_EQ(read("\x0B"
                 "a\x1C\r"),
            "F(a)");
}

TEST(Framer, takes_a_frame_of_exactly_the_limit_and_not_one_byte_more) {
  EXPECT_EQ(read("\x0B"
                 "12345\x1C\r",
                 {}, 5),
            "F(12345)");
  EXPECT_EQ(read("\x0B"
                 "123456\x1C\r\x0B"
                 "a\x1C\r",
                 {}, 5),
            "L(12345)");
  EXPECT_EQ(read("\x0B"
                 "123456",
                 {}, 5),
            "L(12345)");
  EXPECT_EQ(read("\x0B"
                 "1234\r\x0B"
                 "a\x1C\r",
                 {}, 5),
            "U(1234\r)F(a)");
  EXPECT_EQ(read("\x0B"
                 "12345\r\x0B"
                 "a\x1C\r",
                 {}, 5),
            "L(12345)");
}

TEST(Framer, is_done_after_a_frame_that_is_too_large) {
  Framer framer(5);
  framer.feed(
      "\x0B"
      "123456");
  EXPECT_EQ(framer.next()->kind, Kind::too_large);
  EXPECT_EQ(framer.state(), Framer::State::done);
  framer.feed(
      "\x1C\r\x0B"
      "a\x1C\r");
  EXPECT_FALSE(framer.next());
}

TEST(Framer, bounds_a_flood_of_junk) {
  const std::string flood(3 * kMaxJunk + 10, 'x');
  Framer framer(100);
  std::string shown;
  framer.feed(flood);
  drain(framer, shown);
  EXPECT_EQ(shown.size(), 3 * (kMaxJunk + 3));
}

TEST(Framer, reads_a_large_frame_that_comes_in_small_pieces) {
  std::string content;
  while (content.size() < 5'000'000)
    content +=
        "OBX|1|ED|x^y||abcdefgh\x1C"
        "i\x0Bj\r";
  const auto framed = frame(content);
  Framer framer(content.size());
  std::vector<FrameEvent> events;
  for (std::size_t at = 0; at < framed.size(); at += 1'000) {
    framer.feed(std::string_view(framed).substr(at, 1'000));
    while (auto event = framer.next()) events.push_back(std::move(*event));
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].bytes == content);
  // And the room is given back when nothing waits.
  EXPECT_LT(framer.space().size(), 100'000U);
}

TEST(Framer, has_every_byte_of_a_large_frame_wherever_it_ends_while_its_buffer_grows) {
  std::string content;
  for (std::uint32_t i = 0; content.size() < 9'000'000; ++i) content += std::to_string(i * 2654435761U) + "\r";
  for (const std::size_t size : {2'097'150U, 2'097'153U, 2'200'000U, 4'194'304U, 4'300'000U, 8'388'608U, 9'000'000U}) {
    const auto part = content.substr(0, size);
    Framer framer(10'000'000);
    framer.feed("\x0B" + part);
    EXPECT_EQ(framer.next(), std::nullopt);
    EXPECT_TRUE(framer.rest() == part) << size;
    framer.feed("\x1C\r");
    const auto event = framer.next();
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->bytes == part) << size;
  }
}

TEST(Framer, reads_and_copies_little_at_once_however_large_the_frame_is) {
  Framer framer(100'000'000);
  std::string begun = "\x0B";
  begun.append(40'000'000, 'x');
  framer.feed(begun);
  EXPECT_LE(framer.space().size(), 64U * 1024);
}

TEST(Framer, takes_linear_time_for_any_cut_of_a_stream_full_of_delimiters) {
  // Quadratic work here would be 10^12 steps: the test's time limit is the assertion.
  std::string bytes = "\x0B";
  while (bytes.size() < 1'000'000) bytes += "\x1C\x0B\x0B\x1C.";
  Framer framer(10'000'000);
  std::size_t events = 0;
  for (const char c : bytes) {
    framer.feed({&c, 1});
    while (framer.next()) ++events;
  }
  EXPECT_GT(events, 0U);
  Framer whole(10'000'000);
  whole.feed(bytes);
  while (whole.next()) --events;
  EXPECT_EQ(events, 0U);
}

TEST(Framer, gives_back_every_message_of_the_corpus) {
  namespace fs = std::filesystem;
  const fs::path corpus = MYELIN_SOURCE_DIR "/../shared/corpus";
  if (!fs::exists(corpus)) {
    std::cout << "the corpus is not here: " << corpus << "\n";
    return;
  }
  Framer framer(std::size_t{64} * 1024 * 1024);
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    if (content.find_first_of("\x0B\x1C") != std::string::npos) continue;  // framed already
    framer.feed(frame(content));
    const auto event = framer.next();
    ASSERT_TRUE(event && event->kind == Kind::frame) << entry.path();
    EXPECT_TRUE(event->bytes == content) << entry.path();
    ++files;
  }
  EXPECT_GT(files, 100U);
}

// Bytes in which every delimiter is frequent.
rc::Gen<std::string> stream() {
  return rc::gen::container<std::string>(rc::gen::weightedElement<char>(
      {{6, 'a'}, {4, '\x0B'}, {4, '\x1C'}, {4, '\r'}, {1, '\n'}, {1, '\0'}, {1, ' '}, {2, 'M'}}));
}

TEST(Framer, every_cut_into_two_gives_the_same_events) {
  const auto bytes =
      "zz\x0BMSH|a\r\x1C\r\n\x0B"
      "b\x1C"
      "c\r\x0B"
      "d\x1C\x0B"
      "e\x1C\r\0\x0B\x1C\r"sv;
  const auto whole = read(bytes);
  EXPECT_EQ(whole,
            "J(zz)F(MSH|a\r)U(b\x1C"
            "c\r)F(d)F(e)F()");
  for (std::size_t at = 0; at <= bytes.size(); ++at) EXPECT_EQ(read(bytes, {at}), whole) << "cut at " << at;
  EXPECT_EQ(read(bytes, std::vector<std::size_t>(bytes.size(), 1)), whole);
}

RC_GTEST_PROP(FramerProperty, any_cut_gives_the_same_events, ()) {
  const auto bytes = *stream();
  const auto sizes = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 5));
  const auto limit = *rc::gen::inRange<std::size_t>(1, 30);
  RC_ASSERT(read(bytes, sizes, limit) == read(bytes, {}, limit));
}

RC_GTEST_PROP(FramerProperty, what_was_framed_comes_back, ()) {
  const auto contents =
      *rc::gen::container<std::vector<std::string>>(rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~')));
  const auto filler = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\r\n\0 ", 4)));
  std::string bytes, expected;
  for (const auto& content : contents) {
    bytes += filler + frame(content);
    expected += "F(" + content + ")";
  }
  RC_ASSERT(read(bytes) == expected);
}

}  // namespace
}  // namespace myelin::mllp
