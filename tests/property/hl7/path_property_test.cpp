// A path survives being written and read; no text breaks the reader.
#include "engine/hl7/path.h"
#include "tests/property.h"
#include "tests/unit/hl7/samples.h"

namespace myelin::hl7 {
namespace {

rc::Gen<Pick> pick() {
  const auto conditions =
      rc::gen::map(rc::gen::tuple(rc::gen::inRange<std::uint16_t>(1, 300), rc::gen::inRange<std::uint16_t>(0, 9)),
                   [](const std::tuple<std::uint16_t, std::uint16_t>& v) {
                     return Pick{Pick::Kind::where, 0, {{std::get<0>(v), std::get<1>(v), 0, "a/b c-1"}}};
                   });
  return rc::gen::oneOf(rc::gen::element(Pick{}, Pick{Pick::Kind::last, 0, {}}, Pick{Pick::Kind::all, 0, {}}),
                        rc::gen::map(rc::gen::inRange<std::uint32_t>(1, 65535),
                                     [](std::uint32_t n) { return Pick{Pick::Kind::number, n, {}}; }),
                        conditions);
}

RC_GTEST_PROP(Path, is_read_back_as_it_was_written, ()) {
  Path path;
  path.segment = *rc::gen::element<std::string>("PID", "OBX", "Z01", "MSH");
  path.segment_pick = *pick();
  path.field = *rc::gen::inRange<std::uint16_t>(0, 65535);
  if (path.field != 0) {
    path.repetition = *pick();
    path.component = *rc::gen::inRange<std::uint16_t>(0, 100);
    if (path.component != 0) path.subcomponent = *rc::gen::inRange<std::uint16_t>(0, 100);
  }
  const auto again = parse_path(to_string(path));
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == path);
}

RC_GTEST_PROP(Path, of_any_text_is_read_or_refused_inside_it, ()) {
  const auto text = *rc::gen::container<std::string>(
      rc::gen::element('P', 'I', 'D', '-', '.', '[', ']', '(', ')', '=', '*', '/', '0', '3', '9', 'l', '"', ' '));
  const auto path = parse_path_with_groups(text);
  if (path) {
    const auto again = parse_path_with_groups(to_string(*path));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *path);
    RC_ASSERT(select(samples::tree(samples::kOru), *path).size() <= 8U);
  } else {
    RC_ASSERT(path.error().offset <= text.size());
    RC_ASSERT(!path.error().message.empty());
  }
}

}  // namespace
}  // namespace myelin::hl7
