// fit: what an older version of HL7 has no place for is taken out: segments, fields, repetitions, components; text that
// is longer than it allows is cut. MSH-12 says the version. Z segments, and what the version does not document, stay.
#include <algorithm>

#include "engine/hl7/escape.h"
#include "engine/schema/dictionary.h"
#include "routes/expr/characters.h"
#include "routes/expr/grammar.h"
#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

// Text that reads as well when its end is missing. A number, a code or an identifier does not, so those are never cut.
bool may_be_cut(std::string_view type) { return type == "ST" || type == "TX" || type == "FT"; }

class FitStep final : public StepBase {
 public:
  FitStep(StepHead head, std::string version, const schema::Dictionary& dictionary)
      : StepBase(std::move(head)), version_(std::move(version)), dictionary_(dictionary) {}

  Verdict apply(Body& body, Context&) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    std::vector<std::uint32_t> unknown;
    for (std::uint32_t at = 0; at < tree->segment_count(); ++at) {
      const std::string name(tree->segment_name(at));
      if (name.empty() || name.starts_with('Z')) continue;
      const auto* segment = dictionary_.segment(name);
      // Documented in a later version only: this one does not have it.
      if (!segment || segment->documented_in > dictionary_.version()) {
        unknown.push_back(at);
        continue;
      }
      if (auto done = fit_segment(*tree, at, *segment); !done) return verdict_of(std::move(done.error()));
    }
    tree->erase_segments(unknown);
    auto done = write_to(*tree, {0, 12}, {version_, false});
    return done ? Verdict{} : verdict_of(std::move(done.error()));
  }

 private:
  Result<void> fit_segment(hl7::Tree& tree, std::uint32_t at, const schema::Composite& segment) const {
    const bool header = segment.name == "MSH";
    for (auto number = static_cast<std::uint16_t>(tree.field_count(at)); number > (header ? 2 : 0); --number) {
      const hl7::Spot whole{at, number};
      if (tree.raw(whole).empty()) continue;
      Result<void> done;
      if (number > segment.elements.size()) done = tree.write_raw(whole, "");
      else done = fit_field(tree, whole, segment.elements[number - std::size_t{1}]);
      if (!done) return done;
    }
    return trim_end(tree, at);
  }

  Result<void> fit_field(hl7::Tree& tree, const hl7::Spot& whole, const schema::Element& field) const {
    if (field.type.empty() || field.type == schema::kVaries) return {};
    const auto& marks = tree.delimiters();
    const auto* type = dictionary_.type(field.type);
    const std::size_t components = type ? type->elements.size() : 1;
    std::string out;
    std::size_t repetition = 0;
    for (auto rest = tree.raw(whole);;) {
      const auto end = std::min(rest.find(marks.repetition), rest.size());
      if (repetition++ > 0) out += marks.repetition;
      out += fit_parts(rest.substr(0, end), components, field, marks);
      const bool most = field.most != 0 && repetition >= field.most;
      if (end == rest.size() || !field.repeats || most) break;
      rest.remove_prefix(end + 1);
    }
    return write_to(tree, whole, {out, true});
  }

  static std::string fit_parts(std::string_view raw, std::size_t components, const schema::Element& field,
                               const hl7::Delimiters& marks) {
    std::size_t end = 0;
    for (std::size_t part = 0; part < components && end != raw.npos; ++part)
      end = raw.find(marks.component, part == 0 ? 0 : end + 1);
    auto kept = raw.substr(0, end);
    while (kept.ends_with(marks.component)) kept.remove_suffix(1);
    if (components > 1 || field.length == 0 || !may_be_cut(field.type)) return std::string(kept);
    const auto text = hl7::decode(kept, marks);
    std::size_t bytes = 0;
    for (std::uint32_t characters = 0; bytes < text.size() && characters < field.length; ++characters)
      bytes += expr::character_at(text, bytes);
    return bytes == text.size() ? std::string(kept) : hl7::encode(std::string_view(text).substr(0, bytes), marks);
  }

  std::string version_;
  const schema::Dictionary& dictionary_;
};

}  // namespace

std::shared_ptr<const Step> build_fit(StepItem item, Workshop& workshop) {
  const auto version = item.value.is_scalar() ? item.value.text() : std::string();
  const auto known = schema::exact_version(version);
  if (!known) {
    workshop.diagnostics.add("C0119", item.value.place(), "this is no HL7 version",
                             "as MSH-12 has it, in quotes: fit: \"2.3\"");
    return nullptr;
  }
  return std::make_shared<FitStep>(std::move(item.head), version, schema::Dictionary::of(*known));
}

}  // namespace myelin::routes
