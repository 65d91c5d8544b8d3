// One pass over raw HL7, from separator to separator.
#include "routes/expr/leaves.h"

#include "engine/hl7/escape.h"

namespace myelin::expr {

std::string change_leaves(std::string_view raw, const hl7::Delimiters& delimiters,
                          const std::function<std::string(const std::string&)>& change) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = 0; at <= raw.size(); ++at) {
    const bool separator = at < raw.size() && (raw[at] == delimiters.component || raw[at] == delimiters.repetition ||
                                               (delimiters.subcomponent != 0 && raw[at] == delimiters.subcomponent));
    if (at < raw.size() && !separator) continue;
    const std::string_view leaf = raw.substr(from, at - from);
    if (leaf.empty() || leaf == "\"\"") out += leaf;
    else out += hl7::encode(change(hl7::decode(leaf, delimiters)), delimiters);
    if (at < raw.size()) out += raw[at];
    from = at + 1;
  }
  return out;
}

}  // namespace myelin::expr
