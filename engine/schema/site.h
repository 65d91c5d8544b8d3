// What a site adds to the dictionary: its own segments, data types, codes, structures and events, as text in the format
// of schemas/README.md. routes/dictionary reads it from the configuration; every Dictionary is read with it from then
// on.
#pragma once

#include <string>

#include "engine/schema/facts.h"

namespace myelin::schema {

struct SiteFacts {
  std::string segments, types, tables, structures, events;
  bool empty() const {
    return segments.empty() && types.empty() && tables.empty() && structures.empty() && events.empty();
  }
  bool operator==(const SiteFacts&) const = default;
};

// For the whole program, from the next Dictionary::of() on; what was handed out before stays as it was, for as long as
// the program lives. The same facts again change nothing. Any thread.
void use_site_facts(SiteFacts facts);
// Rises with each change: what was computed of the dictionary under another number may be out of date.
unsigned site_generation();

}  // namespace myelin::schema
