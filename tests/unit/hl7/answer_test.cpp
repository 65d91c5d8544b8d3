// Headers read without a Tree, and what a peer's answer says.
#include <gtest/gtest.h>

#include "engine/hl7/ack.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

TEST(Header, has_what_runtime_and_adapters_need) {
  const auto header = read_header(samples::kOru);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->sending_application, "LIS^1.2.3^ISO");
  EXPECT_EQ(header->sending_facility, "LAB");
  EXPECT_EQ(header->receiving_application, "EHR");
  EXPECT_EQ(header->receiving_facility, "WARD");
  EXPECT_EQ(header->control_id, "M0001");
  EXPECT_EQ(header->message_code, "ORU");
  EXPECT_EQ(header->trigger_event, "R01");
  EXPECT_EQ(header->structure, "ORU_R01");
  EXPECT_EQ(header->processing_id, "P");
  EXPECT_EQ(header->version, "2.5.1");
  EXPECT_EQ(header->accept_ack, "AL");
  EXPECT_EQ(header->application_ack, "NE");
  EXPECT_EQ(header->charset, "8859/1");
  EXPECT_EQ(header->type(), "ORU^R01");
  EXPECT_FALSE(header->is_ack());
}

TEST(Header, reads_what_there_is_of_a_cut_message) {
  const auto header = read_header("\x0BMSH|^~\\&|A|B\nPID|not|MSH||||||||10");
  ASSERT_TRUE(header);
  EXPECT_EQ(header->sending_facility, "B");
  EXPECT_EQ(header->control_id, "");
  EXPECT_EQ(header->type(), "");
  EXPECT_EQ(read_header("MSH|").error().code, FaultCode::msh_too_short);
}

TEST(Header, knows_an_acknowledgement) {
  EXPECT_TRUE(read_header("MSH|^~\\&|||||||ACK")->is_ack());
  EXPECT_TRUE(read_header("MSH|^~\\&|||||||MCF^A01")->is_ack());
  EXPECT_EQ(read_header("MSH|^~\\&|||||||ACK")->type(), "ACK");
}

TEST(Header, of_version_takes_the_first_component) {
  EXPECT_EQ(read_header("MSH|^~\\&||||||||||2.5^NLD&&ISO3166_1")->version, "2.5");
}

TEST(Answer, has_code_id_and_text) {
  const auto answer = read_answer("MSH|^~\\&|||||||ACK|1|P|2.3\rMSA|AE|M0001|no \\T\\ such patient|\r");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, "AE");
  EXPECT_EQ(answer->message_id, "M0001");
  EXPECT_EQ(answer->text, "no & such patient");
}

TEST(Answer, takes_its_text_from_err_where_msa_has_none) {
  const auto from_8 = read_answer("MSH#^~\\&####\nMSA#AR#7\nERR###207##D#I#diagnosis#for people\n");
  ASSERT_TRUE(from_8);
  EXPECT_EQ(from_8->text, "for people");
  EXPECT_EQ(read_answer("MSH|^~\\&|\r\nMSA|AR|7\r\nERR||||||x|diagnosis\r\n")->text, "diagnosis");
  EXPECT_EQ(read_answer("MSH|^~\\&|\rMSA|AA|7")->text, "");
}

TEST(Answer, is_read_back_from_our_own_acknowledgement) {
  const Fault fault{FaultCode::unmapped, {}, {}, {}};
  const auto answer = read_answer(make_ack(samples::kOru, AckFacts{"AE", "X1", WallTime{}, &fault}));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->code, "AE");
  EXPECT_EQ(answer->message_id, "M0001");
  EXPECT_EQ(answer->text, "M0301 A code has no row in its table");
}

TEST(Answer, is_garbage_without_a_code) {
  for (const auto* bytes : {"", "OK", "<ack/>", "MSH|^~\\&|A\r", "MSH|^~\\&|A\rMSA\r", "MSH|^~\\&|A\rMSA||1\r",
                            "MSH|^~\\&|A\rMSAX|AA\r", "MSA|AA|1\r"}) {
    const auto answer = read_answer(bytes);
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().code, FaultCode::garbage_answer);
  }
}

}  // namespace
}  // namespace myelin::hl7
