// What HL7's definitions of FHIR R4 demand of a resource: known elements, how often, of which type and form, required
// codes, nothing empty; of a bundle also that what refers to an entry finds one. Not checked: invariants (FHIRPath),
// profiles of a country, codes of a value set that is more than a list.
// Of the resources that the maps make and what they are made of; any other is only noted as unknown.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/fhir/json.h"

namespace myelin::fhir {

struct Finding {
  std::string at;    // "entry[3].resource.status"
  std::string what;  // "is no code of observation-status"; never the content
};

// At most kMostFindings. Empty: nothing is wrong.
inline constexpr std::size_t kMostFindings = 50;
std::vector<Finding> validate_r4(const json::Value& resource);

// The form of a primitive type, as text: "date", "instant", "uri" … Types that it does not know have any form.
bool has_form(std::string_view type, std::string_view text);

}  // namespace myelin::fhir
