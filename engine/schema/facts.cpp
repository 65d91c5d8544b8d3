// .incbin puts a file's bytes into this object as they are; MYELIN_SCHEMAS is the folder schemas/ (CMakeLists.txt).
#include "engine/schema/facts.h"

#include <cstddef>

#define MYELIN_EMBED(name, path)                                                                    \
  asm(".pushsection .rodata\nmyelin_" #name ":\n.incbin \"" MYELIN_SCHEMAS path "\"\nmyelin_" #name \
      "_end:\n.byte 0\n.popsection\n");                                                             \
  extern "C" const char myelin_##name[];                                                            \
  extern "C" const char myelin_##name##_end[]

MYELIN_EMBED(facts_segments, "/hl7/segments.txt");
MYELIN_EMBED(facts_types, "/hl7/types.txt");
MYELIN_EMBED(facts_tables, "/hl7/tables.txt");
MYELIN_EMBED(facts_structures, "/hl7/structures.txt");
MYELIN_EMBED(facts_events, "/hl7/events.txt");
MYELIN_EMBED(maps_codes, "/maps/codes.txt");
MYELIN_EMBED(maps_types, "/maps/types.txt");
MYELIN_EMBED(maps_resources, "/maps/resources.txt");
MYELIN_EMBED(maps_oru, "/maps/oru.txt");
MYELIN_EMBED(back_types, "/maps/from_fhir/types.txt");
MYELIN_EMBED(back_segments, "/maps/from_fhir/segments.txt");
MYELIN_EMBED(back_messages, "/maps/from_fhir/messages.txt");

namespace myelin::schema {
namespace {

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

}  // namespace

Facts embedded_facts() {
  return {between(myelin_facts_segments, myelin_facts_segments_end),
          between(myelin_facts_types, myelin_facts_types_end), between(myelin_facts_tables, myelin_facts_tables_end),
          between(myelin_facts_structures, myelin_facts_structures_end),
          between(myelin_facts_events, myelin_facts_events_end)};
}

Maps embedded_maps() {
  return {between(myelin_maps_codes, myelin_maps_codes_end),
          between(myelin_maps_types, myelin_maps_types_end),
          between(myelin_maps_resources, myelin_maps_resources_end),
          between(myelin_maps_oru, myelin_maps_oru_end),
          between(myelin_back_types, myelin_back_types_end),
          between(myelin_back_segments, myelin_back_segments_end),
          between(myelin_back_messages, myelin_back_messages_end)};
}

}  // namespace myelin::schema
