// The keys of a profile, each declared once.
#include "engine/config/declare.h"
#include "routes/profile/profile.h"

namespace myelin::routes {
namespace {

using config::key;
using config::Option;
using config::Spec;
using config::Type;

Option severity_of_rule(std::string_view name, std::string_view fallback, std::string_view doc) {
  return {.name = name,
          .type = Type::choice,
          .fallback = fallback,
          .required = false,
          .doc = doc,
          .example = "warning",
          .choices = {"off", "info", "warning", "error"}};
}

Option severity_here() {
  return {.name = "severity",
          .type = Type::choice,
          .fallback = {},
          .required = false,
          .doc = "of whatever is found here, instead of that of the rule",
          .example = "warning",
          .choices = {"off", "info", "warning", "error"}};
}

Option usage(std::string_view doc) {
  return {.name = "usage",
          .type = Type::choice,
          .fallback = {},
          .required = false,
          .doc = doc,
          .example = "R",
          .choices = {"R", "RE", "O", "X"}};
}

Option count(std::string_view name, std::string_view doc, std::string_view example) {
  return config::number(name, doc, example, 0, 60'000);
}

const Spec& severities_spec() {
  static const Spec kSpec{
      .name = "severity",
      .doc = "how much each kind of finding weighs",
      .options = {severity_of_rule("structure", "error", "segments missing, out of order or unknown"),
                  severity_of_rule("usage", "error", "required and empty"),
                  severity_of_rule("withdrawn", "info", "filled although the version gave it up"),
                  severity_of_rule("repetition", "warning", "more or fewer than may be"),
                  severity_of_rule("length", "info", "longer than the version says"),
                  severity_of_rule("type", "error", "a date, a number, a time in the wrong form"),
                  severity_of_rule("extra", "info", "fields and components that are not documented"),
                  severity_of_rule("table", "warning", "a code that is none of HL7's table"),
                  severity_of_rule("user_table", "info", "a code that is none of a table that sites fill"),
                  severity_of_rule("value", "error", "none of the profile's own values"),
                  severity_of_rule("condition", "error", "a rule of the profile that does not hold")},
  };
  return kSpec;
}

}  // namespace

const Spec& profile_spec() {
  static const Spec kSpec{
      .name = "profile",
      .doc = "what a site agreed with a sender, laid over the dictionary",
      .options =
          {
              key("profile", Type::name, "the name, as the file is called", "lab-oru", true),
              key("about", Type::text, "what it is for, in one sentence", "Results as agreed with the laboratory"),
              {.name = "version",
               .type = Type::choice,
               .fallback = {},
               .required = false,
               .doc = "the dictionary; what MSH-12 says when not said",
               .example = "\"2.5.1\"",
               .choices = {schema::kVersionNames.begin(), schema::kVersionNames.end()}},
              key("messages", Type::names, "the types it is for, as MSH-9 has them; all when not said", "[ORU^R01]"),
              {.name = "severity",
               .type = Type::map,
               .fallback = {},
               .required = false,
               .doc = "how much each kind of finding weighs: off, info, warning or error",
               .example = "{ table: error }",
               .nested = &severities_spec()},
              key("segments", Type::any, "how many of a segment: a usage, or its keys",
                  "{ NTE: X, OBX: { least: 1 } }"),
              key("fields", Type::any, "what is agreed of a place: a usage, or its keys",
                  "{ PID-3: R, PID-8: { values: [M, F] } }"),
              key("groups", Type::any, "how many of a group, and what is agreed inside it: a usage, or its keys",
                  "{ PATIENT: R, OBSERVATION: { fields: { OBX-5: R } } }"),
              key("tables", Type::any, "own tables: a name and its codes", "{ wards: [W1, W2] }"),
              {.name = "rules",
               .type = Type::list,
               .fallback = {},
               .required = false,
               .doc = "what must hold, as formulas",
               .example = "[ { rule: a bed is given, check: present(PV1-3) } ]",
               .nested = &profile_rule_spec()},
          },
      .example = "profile: lab-oru\nfields:\n  PID-3: R",
  };
  return kSpec;
}

const Spec& profile_segment_spec() {
  static const Spec kSpec{
      .name = "segment of a profile",
      .doc = "how many of a segment there are",
      .options = {usage("R required, O optional, X not wanted"), count("least", "how many there are at least", "1"),
                  count("most", "how many there are at most", "1"), severity_here()},
  };
  return kSpec;
}

const Spec& profile_field_spec() {
  static const Spec kSpec{
      .name = "field of a profile",
      .doc = "what is agreed of a field, component or subcomponent",
      .options =
          {
              usage("R required, RE or O may be empty, X not wanted"),
              key("when", Type::any, "the usage counts only while this formula holds", "PV1-2 == \"I\""),
              count("least", "how often it repeats at least", "1"),
              count("most", "how often it repeats at most", "3"),
              key("length", Type::text, "characters: at most, or from..to", "1..15"),
              key("values", Type::names, "what may stand there: one value or a list", "[M, F, U]"),
              key("table", Type::name, "one of this profile's `tables`", "wards"),
              severity_here(),
              key("note", Type::text, "for your colleagues", "agreed in 2026"),
          },
  };
  return kSpec;
}

const Spec& profile_group_spec() {
  static const Spec kSpec{
      .name = "group of a profile",
      .doc = "how many of a group there are in each group around it, and what is agreed of the segments directly in it",
      .options = {usage("R required, O optional, X not wanted"), count("least", "how many there are at least", "1"),
                  count("most", "how many there are at most", "1"),
                  key("segments", Type::any, "how many of a segment in each such group: as `segments` above",
                      "{ NTE: X, OBX: { most: 1 } }"),
                  key("fields", Type::any,
                      "what is agreed of a place of these segments: as `fields` above, but for `when`", "{ OBX-5: R }"),
                  severity_here()},
  };
  return kSpec;
}

const Spec& profile_rule_spec() {
  static const Spec kSpec{
      .name = "rule of a profile",
      .doc = "a formula that must hold",
      .options =
          {
              key("rule", Type::text, "what must be so, as a sentence", "an inpatient has a bed", true),
              key("check", Type::any, "the formula that must hold", "present(PV1-3.3)", true),
              key("when", Type::any, "only while this formula holds", "PV1-2 == \"I\""),
              key("each", Type::text, "checked for each such segment", "OBX"),
              key("at", Type::text, "the place that a finding names", "PV1-3.3"),
              severity_here(),
          },
  };
  return kSpec;
}

}  // namespace myelin::routes
