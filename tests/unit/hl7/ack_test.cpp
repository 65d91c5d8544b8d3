// Acknowledgements in the shape of each version, from whole messages, cut ones and garbage.
#include "engine/hl7/ack.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

const Fault kFault{FaultCode::required_missing, "PID-3 | is empty", "PID[1]-3[2].4.1", {}};

std::string received(std::string_view version) {
  return "MSH|^~\\&|PAS^1.2^ISO|WEST|ENGINE|EAST^9^L|20260114||ADT^A01^ADT_A01|C 17|T|" + std::string(version) +
         "||||||UNICODE UTF-8\rPID|1\r";
}

std::string ack(std::string_view message, const Fault* fault = nullptr) {
  const WallTime when{microseconds(1'768'383'001'500'000)};
  return make_ack(message, AckFacts{fault != nullptr ? "AE" : "AA", "01K2Z9Q7M4X", when, fault});
}

TEST(Ack, answers_in_the_sender_s_own_terms) {
  EXPECT_EQ(ack(received("2.5.1")),
            "MSH|^~\\&|ENGINE|EAST^9^L|PAS^1.2^ISO|WEST|20260114093001+0000||ACK^A01^ACK|01K2Z9Q7M4X|T|2.5.1||||||"
            "UNICODE UTF-8\r"
            "MSA|AA|C 17\r");
}

TEST(Ack, is_the_same_for_the_same_facts) { EXPECT_EQ(ack(received("2.3"), &kFault), ack(received("2.3"), &kFault)); }

struct Shape {
  const char* version;
  const char* type;
  bool text;  // MSA-3
  bool long_err;
};

TEST(Ack, has_the_shape_of_its_version) {
  constexpr Shape kShapes[] = {
      {"2.1", "ACK", true, false},           {"2.2", "ACK^A01", true, false},     {"2.3", "ACK^A01", true, false},
      {"2.3.1", "ACK^A01^ACK", true, false}, {"2.4", "ACK^A01^ACK", true, false}, {"2.5", "ACK^A01^ACK", true, true},
      {"2.5.1", "ACK^A01^ACK", true, true},  {"2.6", "ACK^A01^ACK", true, true},  {"2.7", "ACK^A01^ACK", false, true},
      {"2.7.1", "ACK^A01^ACK", false, true}, {"2.8", "ACK^A01^ACK", false, true}, {"2.8.1", "ACK^A01^ACK", false, true},
      {"2.8.2", "ACK^A01^ACK", false, true}, {"9.9", "ACK^A01^ACK", true, true}};
  for (const auto& shape : kShapes) {
    const auto answer = samples::tree(ack(received(shape.version), &kFault));
    ASSERT_EQ(answer.segment_count(), 3U) << shape.version;
    EXPECT_EQ(answer.raw({0, 9, 0, 0, 0}), shape.type) << shape.version;
    EXPECT_EQ(answer.raw({0, 12, 0, 0, 0}), shape.version);
    EXPECT_EQ(answer.raw({1, 1, 0, 0, 0}), "AE");
    EXPECT_EQ(answer.raw({1, 2, 0, 0, 0}), "C 17");
    EXPECT_EQ(answer.raw({1, 3, 0, 0, 0}), shape.text ? "M0203 A required field is empty" : "") << shape.version;
    EXPECT_EQ(answer.segment_text(2),
              shape.long_err ? "ERR||PID^1^3^2^4^1|101^Required field missing^HL70357|E|M0203^required_missing^L||"
                               "PID-3 \\F\\ is empty|A required field is empty"
                             : "ERR|PID^1^3^101&Required field missing&HL70357")
        << shape.version;
  }
}

TEST(Ack, says_the_channels_own_reason_of_a_reject) {
  const Fault reject{FaultCode::rejected, "training patients are not ours", "", {}};
  const auto answer = samples::tree(ack(received("2.5.1"), &reject));
  EXPECT_EQ(answer.raw({1, 3, 0, 0, 0}), "M0204 training patients are not ours");
  EXPECT_EQ(answer.raw({2, 8, 0, 0, 0}), "training patients are not ours");
}

TEST(Ack, leaves_the_place_open_where_the_fault_has_none) {
  const Fault nowhere{FaultCode::type_not_accepted, "ADT^A01 is not accepted", {}, {}};
  EXPECT_EQ(samples::tree(ack(received("2.5.1"), &nowhere)).raw({2, 2, 0, 0, 0}), "");
  EXPECT_EQ(samples::tree(ack(received("2.4"), &nowhere)).raw({2, 1, 0, 0, 0}),
            "^^^200&Unsupported message type&HL70357");
  const Fault field{FaultCode::required_missing, {}, "PID-3", {}};
  EXPECT_EQ(samples::tree(ack(received("2.5.1"), &field)).raw({2, 2, 0, 0, 0}), "PID^1^3");
}

TEST(Ack, uses_the_delimiters_of_the_sender) {
  const auto answer = ack("MSH#!@%*#A!1#B#C#D#2026##ADT!A04#77#P#2.5\r", &kFault);
  EXPECT_TRUE(answer.starts_with("MSH#!@%*#C#D#A!1#B#20260114093001+0000##ACK!A04!ACK#01K2Z9Q7M4X#P#2.5\rMSA#AE#77#"))
      << answer;
  EXPECT_NE(answer.find("101!Required field missing!HL70357"), std::string::npos);
  EXPECT_NE(answer.find("PID-3 | is empty"), std::string::npos);
  EXPECT_TRUE(ack("MSH|^~\\&#|A|B|||2026||ADT^A04|77|P|2.7\r").starts_with("MSH|^~\\&#|"));
}

TEST(Ack, manages_without_the_delimiters_that_the_sender_left_out) {
  const auto answer = ack("MSH|^|A|B|C|D|2026||ADT^A04|77|P|2.3\r", &kFault);
  EXPECT_TRUE(answer.starts_with("MSH|^|C|D|A|B|"));
  EXPECT_TRUE(answer.ends_with("ERR|PID^1^3^101\r")) << answer;
}

TEST(Ack, has_no_event_where_the_message_has_none) {
  EXPECT_EQ(samples::tree(ack("MSH|^~\\&|A|B|||2026||ADT|77|P|2.5\r")).raw({0, 9, 0, 0, 0}), "ACK");
}

TEST(Ack, of_garbage_is_the_best_that_can_be_made) {
  const Fault fault{FaultCode::not_hl7, "the first segment is not MSH", {}, {}};
  const std::string expected =
      "MSH|^~\\&|||||20260114093001+0000||ACK|01K2Z9Q7M4X|P|2.5.1\r"
      "MSA|AE||M0110 The bytes are not an HL7 v2 message\r"
      "ERR|||100^Segment sequence error^HL70357|E|M0110^not_hl7^L||the first segment is not MSH|The bytes are not an "
      "HL7 v2 message\r";
  for (const auto* bytes : {"", "MSH", "MSH|", "GET / HTTP/1.1\r\n", "PID|1\r", "\xFF\xFE\x01", "MSHAAAAAAA"}) {
    EXPECT_EQ(ack(bytes, &fault), expected) << bytes;
  }
}

TEST(Ack, of_unusable_encoding_characters_still_names_the_message) {
  const auto answer = ack("MSH|^~\\\\&|A|B|C|D|2026||ADT^A04|77|P|2.3\rPID|1\r");
  EXPECT_TRUE(answer.starts_with("MSH|^~\\&|C|D|A|B|")) << answer;
  EXPECT_TRUE(answer.ends_with("\rMSA|AA|77\r")) << answer;
}

TEST(Ack, of_a_cut_message_copies_what_there_is) {
  EXPECT_EQ(ack("MSH|^~\\&|A|B^C"), "MSH|^~\\&|||A|B^C|20260114093001+0000||ACK|01K2Z9Q7M4X|P|2.5.1\rMSA|AA|\r");
}

TEST(Ack, never_holds_a_byte_that_frames) {
  const auto answer =
      ack(std::string_view("MSH|^~\\&|A\x0B|B\x1C|C\0D|D|2026||ADT^A04|7\x1C"
                           "7|P|2.3\r",
                           44));
  EXPECT_EQ(answer.find_first_of(std::string_view("\x0B\x1C\0", 3)), std::string::npos);
}

}  // namespace
}  // namespace myelin::hl7
