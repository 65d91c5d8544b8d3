// Validation: a message against a Rulebook. All findings are collected, none stops the walk; what a message is (its
// structure, its version) is read from its MSH.
//
// Checked are the segments against the structure (validate_structure.cpp), then each field, repetition, component and
// subcomponent that is there, and those that are required. HL7 null ("") counts as empty where something is required
// and fits everywhere else. OBX-5 is what OBX-2 says. Z segments are checked as far as the rulebook knows them.
// Cost: one pass over the fields; a finding costs a few strings.
#pragma once

#include "engine/hl7/group.h"
#include "engine/schema/finding.h"
#include "engine/schema/rulebook.h"

namespace myelin::schema {

// By the version that MSH-12 says.
Findings validate(const hl7::Tree& tree, const Rulebooks& rulebooks);
Findings validate(const hl7::Tree& tree, const Rulebook& rulebook);

// Collects, with the severity of the place or of the rule; what is off is dropped, what is too much is counted.
class FindingSink {
 public:
  FindingSink(const hl7::Tree& tree, const Rulebook& rulebook, Findings& findings)
      : tree_(tree), rulebook_(rulebook), findings_(findings) {}
  void add(Rule rule, const hl7::Spot& spot, std::string text, std::optional<Severity> severity = {});
  void add(Rule rule, std::string at, std::string text, std::optional<Severity> severity = {});
  const hl7::Tree& tree() const { return tree_; }
  const Rulebook& rulebook() const { return rulebook_; }

 private:
  const hl7::Tree& tree_;
  const Rulebook& rulebook_;
  Findings& findings_;
};

// The order of segments, what is missing and what there is too much of.
void check_structure(FindingSink& sink, const hl7::Structure& structure);

// What a profile says of its groups.
void check_groups(FindingSink& sink, const hl7::Grouped& grouped);

}  // namespace myelin::schema
