// Places in a message as steps use them: read from the file with every mistake shown at its token, found for a write,
// and written so that what would not change is not touched.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/node.h"
#include "engine/hl7/path.h"
#include "engine/model/plan.h"
#include "routes/expr/formula.h"
#include "routes/steps/step.h"

namespace myelin::schema {
class Dictionary;
}

namespace myelin::routes {

struct NamedPath {
  hl7::Path path;
  std::string text;                                // canonical: "PID-3[5=MR].1"
  config::Place place;                             // in the file
  const schema::Dictionary* dictionary = nullptr;  // whose grammars tell its groups; nullptr: none
};

// A path that stands as a value, or as the key of a map, checked against the dictionary. Nothing when it is none; the
// mistake is reported.
std::optional<NamedPath> read_path(const config::Node& scalar, Workshop& workshop);
std::optional<NamedPath> read_path(const config::Node::Entry& entry, Workshop& workshop);
// One path or a list of them: `delete: ZPI`, `delete: [ZPI, PID-19]`.
std::vector<NamedPath> read_paths(const config::Node& node, Workshop& workshop);
// The same of paths whose values are keys (`order`, `index`): warns where the first of several would be taken (W0105).
// `no_field`: the code for a whole segment.
std::vector<NamedPath> read_keys(const config::Node& node, std::string_view no_field, Workshop& workshop);
// The same in a test, where any message may stand: only read. Not through groups.
std::optional<NamedPath> read_path(const config::Node& scalar, config::Diagnostics& diagnostics);
std::optional<NamedPath> read_path(const config::Node::Entry& entry, config::Diagnostics& diagnostics);
std::vector<NamedPath> read_paths(const config::Node& node, config::Diagnostics& diagnostics);

// False after reporting C0115: a whole segment, MSH-1 or MSH-2 are not written to …
bool check_writable(const NamedPath& path, config::Diagnostics& diagnostics);
// … or C0044: nothing says which of several.
bool check_writable(const NamedPath& path, Workshop& workshop);

// What a literal may hold there, and how much a bare path copies.
expr::Target target_of(const hl7::Path& path);

// The places to write: what `[*]` and conditions match, else the one place of a plain path. Empty when the segment is
// not there. A repetition that does not exist yet is a place; a segment is not.
std::vector<hl7::Spot> places_to_write(const hl7::Tree& tree, const NamedPath& path, const Context& context);

// What the path names, as reading and `delete` see it.
std::vector<hl7::Spot> places(const hl7::Tree& tree, const NamedPath& path, const Context& context);

// The first leaf of a place: where a code stands in a coded field.
hl7::Spot first_leaf(hl7::Spot spot);

// Writes, unless the place already reads so: an edit that changes nothing leaves every byte as it was received.
Result<void> write_to(hl7::Tree& tree, const hl7::Spot& spot, const expr::Written& value);

// Takes empty fields off the end of a segment.
Result<void> trim_end(hl7::Tree& tree, std::uint32_t segment);

// Each place its own value: while it is computed, the segment written to is the current one, as inside `each`.
Result<void> write_all(Body& body, Context& context, const NamedPath& path, const expr::TextSource& value);

}  // namespace myelin::routes
