// Any text survives encoding, in any delimiters; translation keeps the text of a leaf.
#include "engine/hl7/escape.h"
#include "tests/property.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

rc::Gen<Delimiters> delimiters() {
  return rc::gen::element(Delimiters{}, Delimiters{'|', '^', '~', '\\', '&', '#'},
                          Delimiters{'#', '!', '@', '%', '*', 0}, Delimiters{'|', '^', '\\', '&', 0, 0},
                          Delimiters{'^', '~', '|', '\\', '&', 0});
}

// Dense in what matters to escapes.
rc::Gen<std::string> text() {
  const auto tricky = rc::gen::container<std::string>(rc::gen::element(
      '|', '^', '~', '\\', '&', '#', '%', '\r', '\n', 'F', 'E', 'X', '0', 'D', 'H', '.', 'b', 'r', ' ', 'Z'));
  return rc::gen::oneOf(tricky, rc::gen::arbitrary<std::string>());
}

RC_GTEST_PROP(Escape, decodes_what_it_encoded, ()) {
  const auto d = *delimiters();
  const auto original = *text();
  const auto raw = encode(original, d);
  RC_ASSERT(decode(raw, d) == original);
  for (const char c : {d.field, d.component, d.repetition, d.subcomponent, '\r', '\n', '\x0B', '\x1C'}) {
    RC_ASSERT(c == 0 || raw.find(c) == std::string::npos);
  }
}

RC_GTEST_PROP(Escape, changes_nothing_when_what_was_decoded_is_encoded, ()) {
  const auto d = *delimiters();
  const auto raw = encode(*text(), d);
  RC_ASSERT(encode(decode(raw, d), d) == raw);
}

RC_GTEST_PROP(Escape, keeps_the_text_of_a_leaf_in_other_delimiters, ()) {
  const auto from = *delimiters();
  const auto to = *delimiters();
  // No letters: a sequence that text keeps is spelled with the escape character of its message.
  const auto original =
      *rc::gen::container<std::string>(rc::gen::element('|', '^', '~', '&', '#', '%', '!', '@', '*', ' ', '\r', '+'));
  RC_ASSERT(decode(translate(encode(original, from), from, to), to) == original);
}

RC_GTEST_PROP(Escape, reads_back_from_a_field_what_was_written, ()) {
  const auto original = *text();
  RC_PRE(original != "\"\"");
  const std::uint16_t field = *rc::gen::inRange<std::uint16_t>(1, 12);
  const std::uint16_t repetition = *rc::gen::inRange<std::uint16_t>(0, 4);
  const std::uint16_t component = *rc::gen::inRange<std::uint16_t>(0, 5);
  const std::uint16_t subcomponent = *rc::gen::inRange<std::uint16_t>(0, 4);
  auto tree = samples::tree(samples::kOru);
  const Spot spot{1, field, repetition, component, subcomponent};
  RC_ASSERT(tree.write_text(spot, original).has_value());
  RC_ASSERT(tree.text(spot) == original);
  const auto again = samples::tree(samples::written(tree));
  RC_ASSERT(again.text(spot) == original);
  RC_ASSERT(again.segment_count() == 8U);
}

}  // namespace
}  // namespace myelin::hl7
