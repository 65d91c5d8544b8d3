// Every collected message parses or is refused with a clear fault, and no byte of it changes that was not edited.
#include "tests/unit/hl7/corpus.h"

#include <gtest/gtest.h>

#include "engine/hl7/ack.h"
#include "engine/hl7/path.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

// The message as its segments and the bytes between them tell it, without the shortcut for unedited messages.
std::string rewritten(Tree tree) {
  tree.insert_segment(1, "ZZZ");
  tree.erase_segment(1);
  EXPECT_TRUE(tree.edited());
  return samples::written(tree);
}

// A file that is refused suddenly, or read suddenly, or for another reason, is no longer what the list says.
TEST(Corpus, is_read_and_written_back_byte_by_byte_or_refused_as_listed) {
  std::map<std::string, std::string> refused;
  const auto files = samples::corpus_messages();
  for (const auto& [name, bytes] : files) {
    const auto tree = Tree::parse(Bytes(bytes));
    if (!tree) {
      refused[name] = entry(tree.error().code).name;
      continue;
    }
    EXPECT_EQ(samples::written(*tree), bytes) << name;
    EXPECT_EQ(rewritten(*tree), bytes) << name;
    EXPECT_EQ(tree->segment_name(0), "MSH") << name;
  }
  std::printf("%zu messages read, %zu refused\n", files.size() - refused.size(), refused.size());
  if (!files.empty()) {
    EXPECT_TRUE(samples::is_as_listed("parse", refused));
  }
}

// Every place of the message, each part of a field read once; the sum keeps the reads from being optimised away.
std::size_t read_everything(const Tree& tree) {
  std::size_t size = 0;
  for (std::uint32_t segment = 0; segment < tree.segment_count(); ++segment) {
    const auto fields = std::min<std::size_t>(tree.field_count(segment) + 1, UINT16_MAX);
    for (std::size_t field = 0; field <= fields; ++field) {
      for (std::uint16_t part = 0; part < 3; ++part) {
        const Spot spot{segment, static_cast<std::uint16_t>(field), part, part, part};
        size += tree.raw(spot).size() + tree.text(spot).size() + static_cast<std::size_t>(tree.presence(spot));
      }
    }
  }
  return size;
}

TEST(Corpus, is_whole_again_from_its_segments_and_fields) {
  for (const auto& [name, bytes] : samples::corpus_messages()) {
    const auto tree = Tree::parse(Bytes(bytes));
    if (!tree) continue;
    for (std::uint32_t segment = 1; segment < tree->segment_count(); ++segment) {
      if (tree->field_count(segment) == 0 ||
          tree->raw({segment, 1, 0, 0, 0}) == std::string(1, tree->delimiters().field))
        continue;
      std::string joined(tree->segment_name(segment));
      for (std::size_t field = 1; field <= tree->field_count(segment); ++field) {
        joined.push_back(tree->delimiters().field);
        joined.append(tree->raw({segment, static_cast<std::uint16_t>(field), 0, 0, 0}));
      }
      EXPECT_EQ(joined, tree->segment_text(segment)) << name;
    }
    EXPECT_GT(read_everything(*tree), 0U);
  }
}

TEST(Corpus, keeps_every_other_byte_when_one_field_is_edited) {
  for (const auto& [name, bytes] : samples::corpus_messages()) {
    const auto tree = Tree::parse(Bytes(bytes));
    if (!tree || bytes.size() > 20'000) continue;
    const std::size_t step = tree->segment_count() / 4 + 1;
    for (std::uint32_t segment = 0; segment < tree->segment_count(); segment += static_cast<std::uint32_t>(step)) {
      const std::uint16_t field = segment == 0 ? 10 : 2;
      if (tree->field_count(segment) < field) continue;
      const auto old = tree->raw({segment, field, 0, 0, 0});
      const auto offset = static_cast<std::size_t>(old.data() - tree->segment_text(0).data()) + bytes.find("MSH");
      auto expected = bytes;
      expected.replace(offset, old.size(), "EDITED");
      auto edited = *tree;
      if (tree->raw({segment, 1, 0, 0, 0}) == "|" && field <= 2) continue;  // FHS and BHS declare delimiters
      ASSERT_TRUE(edited.write_raw({segment, field, 0, 0, 0}, "EDITED")) << name;
      EXPECT_EQ(samples::written(edited), expected) << name << " segment " << segment;
    }
  }
}

TEST(Corpus, is_read_or_refused_wherever_it_is_cut_off) {
  int messages = 0;
  for (const auto& [name, bytes] : samples::corpus_messages()) {
    if (bytes.size() > 600 || ++messages % 12 != 0) continue;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const auto prefix = bytes.substr(0, size);
      const auto tree = Tree::parse(Bytes(prefix));
      if (tree) {
        EXPECT_EQ(rewritten(*tree), prefix) << name << " cut at " << size;
        read_everything(*tree);
      }
      EXPECT_EQ(tree.has_value(), read_header(prefix).has_value());
    }
  }
}

TEST(Corpus, gets_an_acknowledgement_that_can_be_read) {
  const Fault fault{FaultCode::rejected, "detail", "PID-3", {}};
  for (const auto& [name, bytes] : samples::corpus_messages()) {
    const auto ack = make_ack(bytes, AckFacts{"AR", "ID1", WallTime{}, &fault});
    const auto answer = read_answer(ack);
    ASSERT_TRUE(answer) << name;
    EXPECT_EQ(answer->code, "AR");
    const auto header = read_header(bytes);
    if (!header) continue;
    EXPECT_EQ(answer->message_id, header->control_id) << name;
  }
}

}  // namespace
}  // namespace myelin::hl7
