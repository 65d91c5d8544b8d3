// deidentify: a realistic copy without what names a person. It goes by the data types of the dictionary, so that a name
// in NK1 or PV1-7 is found as well as the one in PID: names, identifiers, addresses and plain texts are invented anew
// from a key, dates are shifted by the same days for all of one patient, telephone numbers, free text, notes and Z
// segments are left out.
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <mutex>

#include "engine/config/secret.h"
#include "engine/hl7/escape.h"
#include "engine/schema/dictionary.h"
#include "routes/expr/grammar.h"
#include "routes/expr/timestamp.h"
#include "routes/steps/place.h"
#include "routes/steps/pseudonym.h"
#include "routes/steps/steps.h"

namespace myelin::routes {

using config::Type;

const config::Spec kDeidentifySpec{
    .name = "deidentify",
    .doc = "makes a copy without what names a person",
    .options =
        {
            {.name = "key",
             .type = Type::secret,
             .fallback = {},
             .required = true,
             .doc = "what the pseudonyms follow from; the same key, the same pseudonyms",
             .example = "{ file: keys/research.key }"},
            {.name = "keep",
             .type = Type::any,
             .fallback = {},
             .required = false,
             .doc = "fields of plain text (ST) that stay as they are; all others are replaced",
             .example = "[OBX-5, OBR-13]"},
        },
    .example = "- deidentify: { key: { env: RESEARCH_KEY } }",
};

namespace {

// Fields that name a person or a place of life, whatever their type: social security numbers (an invented one could be
// somebody else's), licences, permits.
struct Named {
  std::string_view segment;
  std::uint16_t field;
};
constexpr auto kNaming = std::to_array<Named>(
    {{"PID", 19}, {"PID", 20}, {"NK1", 37}, {"GT1", 19}, {"IN1", 49}, {"IN2", 2}, {"IN2", 61}, {"PV2", 5}});

using Kept = std::vector<NamedPath>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_sign(char c) { return std::string_view(" .,<>=+-/:%()").find(c) != std::string_view::npos; }

bool names_a_person(std::string_view segment, std::uint16_t field) {
  return std::ranges::any_of(kNaming,
                             [&](const Named& each) { return each.segment == segment && each.field == field; });
}

bool one_of(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::ranges::find(types, type) != types.end();
}

// One message while it is copied.
class Copying {
 public:
  Copying(hl7::Tree& tree, const schema::Dictionary& dictionary, const Pseudonyms& pseudonyms, const Kept& keep)
      : tree_(tree), dictionary_(dictionary), pseudonyms_(pseudonyms), keep_(keep) {
    patient_ = patient_number();
    if (const auto sex = text_at("PID", 8); !sex.empty()) sex_ = sex.front();
  }

  Result<void> run() {
    std::vector<std::uint32_t> left_out;
    for (std::uint32_t at = 0; at < tree_.segment_count(); ++at) {
      const std::string name(tree_.segment_name(at));
      if (name.starts_with('Z') || name == "NTE" || !dictionary_.segment(name)) left_out.push_back(at);
      else if (auto done = copy_segment(at, name); !done) return done;
    }
    tree_.erase_segments(left_out);
    return {};
  }

 private:
  // The medical record number, else the first: what the patient is known by in every message.
  std::string patient_number() const {
    for (std::uint32_t at = 0; at < tree_.segment_count(); ++at) {
      if (tree_.segment_name(at) != "PID") continue;
      const auto count = tree_.repetition_count(at, 3);
      for (std::size_t each = 1; each <= count; ++each)
        if (const auto number = static_cast<std::uint16_t>(each); tree_.text({at, 3, number, 5, 1}) == "MR")
          return tree_.text({at, 3, number, 1, 1});
      return tree_.text({at, 3, 1, 1, 1});
    }
    return {};
  }

  std::string text_at(std::string_view segment, std::uint16_t field) const {
    for (std::uint32_t at = 0; at < tree_.segment_count(); ++at)
      if (tree_.segment_name(at) == segment) return tree_.text({at, field, 1, 1, 1});
    return {};
  }

  Result<void> copy_segment(std::uint32_t at, const std::string& name) {
    const auto count = tree_.field_count(at);
    for (std::size_t place = name == "MSH" ? 7 : 1; place <= count; ++place) {
      const auto number = static_cast<std::uint16_t>(place);
      if (tree_.raw({at, number}).empty()) continue;
      const auto* field = dictionary_.field(name, number);
      std::string type(field ? field->type : std::string_view("TX"));
      if (name == "OBX" && number == 5) type = tree_.text({at, 2, 1, 1, 1});
      if (name == "MSH" && number == 10) type = "EI";
      if (names_a_person(name, number)) type = "TX";
      if (type == "ST" && stays(name, at, number)) continue;
      // The patient's own parts are drawn for the patient, so that they fit each other.
      const bool patients = name == "PID";
      if (auto done = copy_field(at, number, type, patients); !done) return done;
    }
    return trim_end(tree_, at);
  }

  // What the channel keeps; and a value in numbers names nobody, and an invented one would be a wrong result.
  bool stays(std::string_view name, std::uint32_t at, std::uint16_t field) const {
    if (std::ranges::any_of(
            keep_, [&](const NamedPath& each) { return each.path.segment == name && each.path.field == field; }))
      return true;
    return name == "OBX" &&
           std::ranges::all_of(tree_.raw({at, field}), [](char c) { return is_digit(c) || is_sign(c); });
  }

  Result<void> copy_field(std::uint32_t at, std::uint16_t number, std::string_view type, bool patients) {
    const bool kept = !one_of(type, {"TX", "FT", "ED", "RP", "XTN", "TN", "XPN", "PN", "XCN", "CN",        "XAD",
                                     "AD", "CX", "CK", "EI", "TS",  "DT", "DTM", "DR", "PPN", "CM_PAT_ID", "ST"});
    if (kept) return {};
    const auto count = tree_.repetition_count(at, number);
    std::string out;
    for (std::size_t repetition = 1; repetition <= count; ++repetition) {
      const hl7::Spot spot{at, number, static_cast<std::uint16_t>(repetition)};
      const auto made = copy(spot, type, patients);
      if (made.empty() && one_of(type, {"TX", "FT", "ED", "RP", "XTN", "TN"})) continue;
      if (!out.empty()) out += tree_.delimiters().repetition;
      out += made;
    }
    return write_to(tree_, {at, number}, {out, true});
  }

  // One repetition, raw.
  std::string copy(const hl7::Spot& spot, std::string_view type, bool patients) {
    if (tree_.presence(spot) != hl7::Presence::valued) return std::string(tree_.raw(spot));
    if (one_of(type, {"TX", "FT", "ED", "RP", "XTN", "TN"})) return {};
    if (type == "ST") return encoded(plain(part(spot, 1)));
    if (one_of(type, {"TS", "DT", "DTM"})) return shifted(part(spot, 1));
    if (type == "DR") return joined({shifted(part(spot, 1)), shifted(part(spot, 2))});
    if (one_of(type, {"XAD", "AD"})) return address(spot, patients);
    if (one_of(type, {"XPN", "PN"})) return name(patients ? patient_ : part(spot, 1) + part(spot, 2), patients);
    if (one_of(type, {"XCN", "CN", "PPN"})) {
      const auto id = part(spot, 1);
      return joined({pseudonyms_.identifier(id), name(id + part(spot, 2), false)});
    }
    return identifier(spot);
  }

  // The first part is the number; authority and type stay, dates of validity do not.
  std::string identifier(const hl7::Spot& spot) const {
    const auto raw = tree_.raw(spot);
    const auto end = std::min(raw.find(tree_.delimiters().component), raw.size());
    return encoded(pseudonyms_.identifier(part(spot, 1))) + std::string(raw.substr(end));
  }

  // A number for a number of its shape, words for words.
  std::string plain(const std::string& text) const {
    return std::ranges::any_of(text, is_digit) ? pseudonyms_.identifier(text) : pseudonyms_.phrase(text);
  }

  std::string name(const std::string& of, bool patients) const {
    return joined({pseudonyms_.family_name(of), pseudonyms_.given_name(of, patients ? sex_ : '?')});
  }

  std::string address(const hl7::Spot& spot, bool patients) const {
    const auto of = patients ? patient_ : part(spot, 1) + part(spot, 5);
    return joined({encoded(pseudonyms_.street(of)), "", encoded(pseudonyms_.city(of)), "", part(spot, 5).substr(0, 2),
                   encoded(part(spot, 6))});
  }

  std::string shifted(const std::string& text) const {
    const auto time = expr::Timestamp::parse(text);
    if (!time) return {};
    if (time->precision < expr::Timestamp::Precision::day) return text.substr(0, 4);
    const auto earlier = time->add(-pseudonyms_.days(patient_), "days");
    return earlier ? earlier->hl7() : std::string();
  }

  std::string part(const hl7::Spot& spot, std::uint16_t number) const {
    return tree_.text({spot.segment, spot.field, spot.repetition, number, 1});
  }
  std::string encoded(const std::string& text) const { return hl7::encode(text, tree_.delimiters()); }
  std::string joined(const std::vector<std::string>& parts) const {
    std::string out;
    for (const auto& each : parts)
      out += (&each == parts.data() ? "" : std::string(1, tree_.delimiters().component)) + each;
    while (out.ends_with(tree_.delimiters().component)) out.pop_back();
    return out;
  }

  hl7::Tree& tree_;
  const schema::Dictionary& dictionary_;
  const Pseudonyms& pseudonyms_;
  const Kept& keep_;
  std::string patient_;
  char sex_ = '?';
};

class DeidentifyStep final : public StepBase {
 public:
  DeidentifyStep(StepHead head, config::SecretReference key, Kept keep, const schema::Dictionary& dictionary)
      : StepBase(std::move(head)), key_(std::move(key)), keep_(std::move(keep)), dictionary_(dictionary) {}

  Verdict apply(Body& body, Context&) const override {
    Verdict verdict;
    auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    auto pseudonyms = with_key();
    if (!pseudonyms) return verdict_of(std::move(pseudonyms.error()));
    auto done = Copying(*tree, dictionary_, **pseudonyms, keep_).run();
    return done ? Verdict{} : verdict_of(std::move(done.error()));
  }

 private:
  // The key is read when the first message comes, not when the file is checked on a desk that does not have it.
  Result<std::shared_ptr<const Pseudonyms>> with_key() const {
    const std::lock_guard lock(mutex_);
    if (!pseudonyms_) {
      auto key = config::resolve_secret(key_);
      if (!key) return fail(key);
      pseudonyms_ = std::make_shared<const Pseudonyms>(std::move(*key));
    }
    return pseudonyms_;
  }

  config::SecretReference key_;
  Kept keep_;
  const schema::Dictionary& dictionary_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Pseudonyms> pseudonyms_;
};

}  // namespace

namespace {

// A file is looked up from the configuration directory: the one above channels/ and blocks/.
void find_file(config::SecretReference& key, const config::Place& place) {
  const std::filesystem::path file(key.name);
  if (key.kind != "file" || file.is_absolute() || !place.source) return;
  key.name = (std::filesystem::path(place.source->path()).parent_path().parent_path() / file).string();
}

}  // namespace

std::shared_ptr<const Step> build_deidentify(StepItem item, Workshop& workshop) {
  const auto mistakes = workshop.diagnostics.errors();
  const auto options = config::read_options(kDeidentifySpec, item.value, workshop.diagnostics);
  if (workshop.diagnostics.errors() != mistakes) return nullptr;
  auto key = config::read_secret(options.node("key"), workshop.diagnostics);
  if (!key) return nullptr;
  find_file(*key, item.key_place);
  Kept keep;
  if (const auto& node = options.node("keep")) keep = read_paths(node, workshop);
  const auto& dictionary = schema::Dictionary::of(workshop.scope.version.empty() ? "2.5.1" : workshop.scope.version);
  return std::make_shared<DeidentifyStep>(std::move(item.head), std::move(*key), std::move(keep), dictionary);
}

}  // namespace myelin::routes
