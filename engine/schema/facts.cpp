// .incbin puts a file's bytes into this object as they are; MYELIN_SCHEMAS is the folder schemas/hl7 (CMakeLists.txt).
#include "engine/schema/facts.h"

#include <cstddef>

#define MYELIN_EMBED(name)                                                                 \
  asm(".pushsection .rodata\nmyelin_facts_" #name ":\n.incbin \"" MYELIN_SCHEMAS "/" #name \
      ".txt\"\nmyelin_facts_" #name "_end:\n.byte 0\n.popsection\n");                      \
  extern "C" const char myelin_facts_##name[];                                             \
  extern "C" const char myelin_facts_##name##_end[]

MYELIN_EMBED(segments);
MYELIN_EMBED(types);
MYELIN_EMBED(tables);
MYELIN_EMBED(structures);
MYELIN_EMBED(events);

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

}  // namespace myelin::schema
