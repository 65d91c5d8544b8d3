#include "adapters/file/offer.h"

#include "engine/hl7/ack.h"
#include "tests/property.h"

namespace myelin::file {
namespace {

using Pieces = std::vector<std::string_view>;

constexpr std::string_view kFirst = "MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1\r";
constexpr std::string_view kSecond = "MSH|^~\\&|A|B|C|D|2026||ADT^A01|2|P|2.5\r";

std::string batch_of(std::string_view count) {
  return "FHS|^~\\&|A|B|C|D|2026||F1||F7\rBHS|^~\\&|A|B|C|D|2026||B1||B7\r" + std::string(kFirst) +
         std::string(kSecond) + "BTS|" + std::string(count) + "\rFTS|1\r";
}

Receipt taken(int id) { return Receipt{Receipt::Kind::committed, MessageId{id}, WallTime{}, std::nullopt}; }
Receipt refused(FaultCode code) { return Receipt{Receipt::Kind::refused, {}, WallTime{}, Fault{code, "why", {}, {}}}; }

std::string answer(const Offer& offer, const Receipts& receipts) {
  int next = 100;
  return answer_to(offer, receipts, WallTime(hours(1)), [&] { return MessageId{++next}; });
}

TEST(Offer, is_the_message_itself_byte_for_byte_with_its_mark) {
  for (const std::string_view content :
       {"MSH|^~\\&|A\rPID|1\r", "MSH|^~\\&|A\r\nPID|1", "\xEF\xBB\xBFMSH|^~\\&|A\rPID|1\r"}) {
    const auto offer = read_offer(content);
    EXPECT_FALSE(offer.fault);
    EXPECT_EQ(offer.messages, Pieces{content});
  }
}

TEST(Offer, leaves_frames_and_the_end_of_a_text_out) {
  EXPECT_EQ(read_offer("\x0BMSH|1\r\x1C\r\x0BMSH|2\r\x1C\r").messages, (Pieces{"MSH|1\r", "MSH|2\r"}));
  EXPECT_EQ(read_offer("MSH|1\r\n\x1A").messages, Pieces{"MSH|1\r\n"});
  EXPECT_EQ(read_offer("MSH|1\x1A").messages, Pieces{"MSH|1"});
}

TEST(Offer, leaves_what_is_no_hl7_to_the_intake) {
  for (const std::string_view content : {"%PDF-1.7\n", "MSHX", "\xFF\xFEM\0S\0"}) {
    const auto offer = read_offer(content);
    EXPECT_FALSE(offer.fault);
    EXPECT_EQ(offer.messages, Pieces{content});
  }
}

TEST(Offer, cuts_a_batch_in_utf16) {
  const std::string batch = batch_of("2");
  std::string content = "\xFF\xFE";
  for (const char c : batch) content.append({c, '\0'});
  const auto offer = read_offer(content);
  EXPECT_FALSE(offer.fault);
  ASSERT_EQ(offer.messages.size(), 2U);
  EXPECT_EQ(offer.messages[0], "\xEF\xBB\xBF" + std::string(kFirst));
  EXPECT_EQ(offer.messages[1], "\xEF\xBB\xBF" + std::string(kSecond));
  EXPECT_TRUE(offer.file.header.starts_with("FHS|"));
  const auto one_missing = batch_of("3");
  content = "\xFF\xFE";
  for (const char c : one_missing) content.append({c, '\0'});
  EXPECT_TRUE(read_offer(content).fault);
}

TEST(Offer, is_nothing_where_there_is_nothing_to_read) {
  for (const std::string_view content : {"", " \r\n\x1A", "\xEF\xBB\xBF"}) {
    const auto offer = read_offer(content);
    ASSERT_TRUE(offer.fault);
    EXPECT_EQ(offer.fault->code, FaultCode::empty_message);
    EXPECT_TRUE(offer.messages.empty());
  }
}

TEST(Offer, has_the_headers_of_the_batch_for_each_message) {
  const auto content = batch_of("2");
  const auto offer = read_offer(content);
  ASSERT_EQ(offer.headers.size(), offer.messages.size());
  for (const auto& headers : offer.headers) EXPECT_EQ(headers, content.substr(0, content.find("MSH")));
  EXPECT_EQ(read_offer("MSH|^~\\&|A\r").headers, std::vector<std::string>{""});
  EXPECT_EQ(read_offer("no message").headers, std::vector<std::string>{""});
}

TEST(Offer, is_refused_as_a_whole_where_a_batch_is_not_all_there) {
  const auto content = batch_of("3");
  const auto offer = read_offer(content);
  ASSERT_TRUE(offer.fault);
  EXPECT_EQ(offer.fault->detail, "BTS-1 says 3 and there are 2 messages");
  EXPECT_EQ(offer.messages.size(), 2U);
  EXPECT_FALSE(read_offer(batch_of("2")).fault);
}

TEST(Offer, may_hold_no_message_at_all) {
  const auto offer = read_offer("BHS|^~\\&\rBTS|0\r");
  EXPECT_FALSE(offer.fault);
  EXPECT_TRUE(offer.messages.empty());
}

TEST(Offer, keeps_what_was_not_taken_and_says_which_it_is) {
  const auto content = batch_of("2");
  const auto offer = read_offer(content);
  const Receipts receipts = {taken(1), refused(FaultCode::rejected)};
  EXPECT_FALSE(all_taken(receipts));
  EXPECT_EQ(not_taken(offer, receipts), kSecond);
  const auto note = note_about(offer, receipts);
  EXPECT_EQ(note.find("Message 2 of 2 was not taken: M0204 rejected: why\n"), 0U) << note;
  EXPECT_NE(note.find("here stands only what was not"), std::string::npos);
  // Where nothing was taken, the file itself is what is left.
  EXPECT_EQ(not_taken(offer, {refused(FaultCode::rejected), refused(FaultCode::rejected)}), "");
  EXPECT_TRUE(all_taken({taken(1), taken(2)}));
}

TEST(Offer, what_is_left_of_it_is_an_offer_again) {
  const std::string content = "MSH|1\rMSH|2\rMSH|3";
  const auto offer = read_offer(content);
  const auto rest = not_taken(offer, {refused(FaultCode::rejected), taken(1), refused(FaultCode::rejected)});
  EXPECT_EQ(read_offer(rest).messages, (Pieces{"MSH|1\r", "MSH|3\r"}));
}

TEST(Offer, is_answered_by_an_acknowledgement_of_each_message) {
  const auto content = std::string(kFirst) + std::string(kSecond);
  const auto text = answer(read_offer(content), {taken(1), refused(FaultCode::type_not_accepted)});
  const auto acks = hl7::split_batch(text);
  ASSERT_EQ(acks.message_count(), 2U);
  EXPECT_EQ(hl7::read_answer(acks.batches[0].messages[0])->code, "AA");
  EXPECT_EQ(hl7::read_answer(acks.batches[0].messages[1])->code, "AR");
  EXPECT_EQ(hl7::read_answer(acks.batches[0].messages[1])->message_id, "2");
}

TEST(Offer, is_answered_by_a_batch_where_it_is_one) {
  const auto content = batch_of("2");
  const auto text = answer(read_offer(content), {taken(1), taken(2)});
  const auto acks = hl7::split_batch(text);
  EXPECT_FALSE(hl7::check_batch(acks)) << text;
  EXPECT_EQ(acks.message_count(), 2U);
  EXPECT_TRUE(acks.header.starts_with("FHS|^~\\&|C|D|A|B|")) << text;
  EXPECT_TRUE(acks.batches[0].header.ends_with("|B7")) << text;
}

TEST(Offer, tells_why_a_batch_was_refused_as_a_whole) {
  const auto content = batch_of("3");
  const auto offer = read_offer(content);
  Receipt no = refused(FaultCode::batch_incomplete);
  const auto text = answer(offer, {no, no});
  EXPECT_NE(text.find("BTS|2|" + std::string(entry(FaultCode::batch_incomplete).title)), std::string::npos) << text;
  EXPECT_NE(text.find("MSA|AR|1"), std::string::npos);
}

TEST(Offer, acknowledgements_are_not_acknowledged) {
  EXPECT_EQ(answer(read_offer("MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\rMSA|AA|1\r"), {taken(1)}), "");
}

RC_GTEST_PROP(Offer, loses_no_message_whatever_stands_in_it, (std::vector<std::string> texts)) {
  std::string content;
  std::vector<std::string> messages;
  for (auto text : texts) {
    std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\x0B' || c == '\x1C' || c == '\x1A'; });
    messages.push_back("MSH|" + text + "\r");
    content += messages.back();
  }
  if (messages.empty()) return;
  const auto offer = read_offer(content);
  RC_ASSERT(!offer.fault);
  RC_ASSERT(std::vector<std::string>(offer.messages.begin(), offer.messages.end()) == messages);
}

}  // namespace
}  // namespace myelin::file
