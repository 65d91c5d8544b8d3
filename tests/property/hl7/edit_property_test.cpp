// Whatever is edited: every other segment and field stays byte by byte, and the tree equals the message it writes.
#include "tests/property.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

struct Edit {
  Spot spot;
  std::string text;
};

// Named in a failing case's report; RapidCheck finds it by its argument.
void showValue(const Edit& edit, std::ostream& out) {
  out << edit.spot.segment << ' ' << edit.spot.field << ' ' << edit.spot.repetition << ' ' << edit.spot.component
      << ' ';
  rc::show(edit.text, out);
}

rc::Gen<Edit> edit() {
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange<std::uint32_t>(0, 8), rc::gen::inRange<std::uint16_t>(1, 20),
                                     rc::gen::inRange<std::uint16_t>(0, 4), rc::gen::inRange<std::uint16_t>(0, 5),
                                     rc::gen::arbitrary<std::string>()),
                      [](const std::tuple<std::uint32_t, std::uint16_t, std::uint16_t, std::uint16_t, std::string>& v) {
                        const auto [segment, field, repetition, component, text] = v;
                        return Edit{Spot{segment, field, repetition, component, 0}, text};
                      });
}

std::vector<std::string> fields_of(const Tree& tree, std::uint32_t segment) {
  std::vector<std::string> fields;
  for (std::uint16_t field = 1; field <= tree.field_count(segment); ++field) {
    fields.emplace_back(tree.raw({segment, field, 0, 0, 0}));
  }
  return fields;
}

RC_GTEST_PROP(Edit, changes_only_the_field_it_names, ()) {
  const auto one = *edit();
  const auto before = samples::tree(samples::kOru);
  auto after = before;
  const bool written = after.write_text(one.spot, one.text).has_value();
  RC_ASSERT(written == (one.spot.segment != 0 || one.spot.field > 2));
  for (std::uint32_t segment = 0; segment < before.segment_count(); ++segment) {
    if (segment != one.spot.segment) {
      RC_ASSERT(after.segment_text(segment) == before.segment_text(segment));
      continue;
    }
    auto old_fields = fields_of(before, segment);
    auto new_fields = fields_of(after, segment);
    RC_ASSERT(new_fields.size() >= old_fields.size());
    old_fields.resize(new_fields.size());
    if (one.spot.field <= new_fields.size()) old_fields[one.spot.field - 1U] = new_fields[one.spot.field - 1U];
    RC_ASSERT(new_fields == old_fields);
  }
}

RC_GTEST_PROP(Edit, leaves_a_tree_that_equals_the_message_it_writes, ()) {
  const auto edits = *rc::gen::container<std::vector<Edit>>(edit());
  auto tree = samples::tree(samples::kOru);
  for (const auto& one : edits) {
    if (one.text.size() % 7 == 3) tree.insert_segment(one.spot.segment, "ZZZ");
    if (one.text.size() % 7 == 5 && tree.segment_count() > 2) tree.erase_segment(one.spot.segment);
    // Refused for MSH-1, MSH-2 and segments that are gone: then nothing changes, which the comparison shows.
    static_cast<void>(tree.write_text(one.spot, one.text));
  }
  const auto again = samples::tree(samples::written(tree));
  RC_ASSERT(again.segment_count() == tree.segment_count());
  for (std::uint32_t segment = 0; segment < tree.segment_count(); ++segment) {
    RC_ASSERT(again.segment_text(segment) == tree.segment_text(segment));
    RC_ASSERT(again.segment_name(segment) == tree.segment_name(segment));
    RC_ASSERT(fields_of(again, segment) == fields_of(tree, segment));
  }
}

}  // namespace
}  // namespace myelin::hl7
