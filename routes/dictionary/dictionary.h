// A site's dictionary: what its peers send beside the standard, as YAML in the configuration's folder `dictionary`. Its
// own segments, data types, tables, structures and events; paths, `check`, `validate`, `parse` and `explain` know them.
//
//   dictionary: our-house
//   segments:
//     ZPI:
//       title: Patient, in-house
//       fields:
//         ZPI-1: { name: Set ID, type: SI }
//         ZPI-2: { name: Diet, type: CWE, table: 9001, required: true }
//   tables:
//     "9001": { name: Diets, codes: { NS: No salt } }
//   structures:
//     ADT_A01: { after: PV1, add: "[ZPI]" }
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/config/diagnostic.h"
#include "engine/config/source_text.h"
#include "engine/config/spec.h"
#include "engine/schema/site.h"

namespace myelin::routes {

// Adds what the file says to `facts`. Every mistake goes to `diagnostics`; what is right counts all the same.
void read_dictionary(const std::shared_ptr<const config::SourceText>& source, schema::SiteFacts& facts,
                     config::Diagnostics& diagnostics);

// All of them, and from now on the program knows what they say (schema::use_site_facts).
void use_dictionaries(const std::vector<std::shared_ptr<const config::SourceText>>& sources,
                      config::Diagnostics& diagnostics);

// The keys, for reading, lint and docs.
const config::Spec& dictionary_spec();
const config::Spec& dictionary_segment_spec();
const config::Spec& dictionary_element_spec();
const config::Spec& dictionary_table_spec();
const config::Spec& dictionary_structure_spec();

}  // namespace myelin::routes
