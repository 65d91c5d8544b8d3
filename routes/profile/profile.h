// Profile: what a site agreed with a sender, beyond what HL7 says: conf/profiles/NAME.yaml (routes/README.md,
// Profiles). Laid over the dictionary (schema::Constraints), with conditions that are formulas.
//
// Contract: immutable, shared by all threads. Reading never stops at the first mistake; a profile with mistakes is
// returned without the parts that have them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/spec.h"
#include "engine/model/plan.h"
#include "engine/schema/rulebook.h"
#include "routes/expr/formula.h"

namespace myelin::routes {

// The name under which the dictionary alone is a profile.
inline constexpr std::string_view kStandardProfile = "standard";

class Profile {
 public:
  static std::shared_ptr<const Profile> read(const std::shared_ptr<const config::SourceText>& source,
                                             const expr::Scope& scope, config::Diagnostics& diagnostics);
  static std::shared_ptr<const Profile> standard();

  const std::string& name() const { return name_; }
  const std::string& digest() const { return digest_; }  // of the file's text, for Plan.hash

  // `body` holds an HL7 message; without one, nothing is found.
  schema::Findings validate(const Body& body, const Context& context) const;

  // That its formulas name.
  const std::vector<expr::FactUse>& facts() const { return facts_; }

  // Each thing that it says, by its place: what `profile diff` compares. {"PID-8", "usage R, values F M"}
  const std::vector<std::pair<std::string, std::string>>& says() const { return says_; }

 private:
  friend class ProfileReader;
  struct Rule {
    std::string text;
    std::string at;                          // "PV1-3.3"; of the segment where there is `each`
    std::string each;                        // "OBX": checked for each; empty: once
    std::shared_ptr<const Condition> when;   // null: always
    std::shared_ptr<const Condition> check;  // null: `path` must be there, or must not
    std::optional<hl7::Path> path;
    bool wanted = true;
    std::optional<schema::Severity> severity;
  };
  struct Checking;
  void check_type(Checking& checking) const;
  void check(const Rule& rule, Checking& checking) const;

  std::string name_, digest_;
  std::optional<schema::Version> version_;  // none: what MSH-12 says
  std::vector<std::string> messages_;       // none: all
  std::unique_ptr<const schema::Rulebooks> rulebooks_;
  std::vector<Rule> rules_;
  std::vector<expr::FactUse> facts_;
  std::vector<std::pair<std::string, std::string>> says_;
};

// The keys of a profile: for reading, lint and docs.
const config::Spec& profile_spec();
const config::Spec& profile_field_spec();
const config::Spec& profile_segment_spec();
const config::Spec& profile_group_spec();
const config::Spec& profile_rule_spec();

}  // namespace myelin::routes
