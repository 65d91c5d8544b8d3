// Real messages (`../shared/corpus`) sorted by the structures of their version.
#include <gtest/gtest.h>

#include "engine/hl7/ack.h"
#include "engine/hl7/group.h"
#include "engine/schema/dictionary.h"
#include "tests/unit/hl7/corpus.h"

namespace myelin::schema {
namespace {

const DocumentedStructure* structure_of(const hl7::Header& header) {
  return Dictionary::of(header.version).structure(header.message_code, header.trigger_event, header.structure);
}

TEST(MessageGroups, hold_each_segment_of_the_corpus_once) {
  std::size_t messages = 0, grouped = 0, in_order = 0, segments = 0, strange = 0;
  std::map<std::string, std::string> without;  // a structure: why is in the list
  for (const auto& [name, bytes] : hl7::samples::corpus_messages()) {
    const auto tree = hl7::Tree::parse(Bytes(bytes));
    const auto header = hl7::read_header(bytes);
    if (!tree || !header) continue;
    ++messages;
    const auto* structure = structure_of(*header);
    if (structure == nullptr) {
      without[name] = header->type();
      continue;
    }
    ++grouped;
    const auto groups = hl7::group(*tree, *structure);
    in_order += groups.in_order() ? 1U : 0U;
    ASSERT_EQ(groups.segment_count(), tree->segment_count()) << name;
    for (std::size_t i = 0; i < groups.segment_count(); ++i) {
      ++segments;
      strange += groups.fit(i) == hl7::Fit::misplaced ? 1U : 0U;
      EXPECT_TRUE(groups.inside(i, 0)) << name;
      const auto& group = groups.groups()[groups.group_of(i)];
      EXPECT_TRUE(group.begin <= i && i < group.end) << name << " segment " << i;
    }
    for (std::uint32_t g = 1; g < groups.groups().size(); ++g) {
      const auto& group = groups.groups()[g];
      const auto& around = groups.groups()[group.parent];
      EXPECT_TRUE(group.parent < g && group.begin < group.end && around.begin <= group.begin && group.end <= around.end)
          << name << " group " << g;
    }
  }
  std::printf("%zu messages, %zu with a structure, %zu in its order; %zu of %zu segments misplaced\n", messages,
              grouped, in_order, strange, segments);
  if (messages != 0) {
    EXPECT_TRUE(hl7::samples::is_as_listed("grammar", without));
  }
}

TEST(MessageGroups, infer_the_structure_that_senders_leave_out) {
  std::size_t declared = 0, agreed = 0;
  for (const auto& [name, bytes] : hl7::samples::corpus_messages()) {
    const auto header = hl7::read_header(bytes);
    if (!header || header->structure.empty() || header->trigger_event.empty()) continue;
    const auto inferred = Dictionary::of(header->version).structure_name(header->message_code, header->trigger_event);
    ++declared;
    agreed += inferred == header->structure ? 1U : 0U;
    if (inferred != header->structure) {
      std::printf("  %s %s says %.*s, inferred %.*s\n", name.c_str(), std::string(header->version).c_str(),
                  static_cast<int>(header->structure.size()), header->structure.data(),
                  static_cast<int>(inferred.size()), inferred.data());
    }
  }
  std::printf("%zu declared, %zu inferred alike\n", declared, agreed);
  if (declared != 0) {
    EXPECT_GT(agreed * 10, declared * 9);
  }
}

}  // namespace
}  // namespace myelin::schema
