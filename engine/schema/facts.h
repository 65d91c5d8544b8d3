// The text of the dictionary: the files of schemas/hl7 (format: schemas/README.md), linked into the program, so that
// there is nothing to install and nothing to find at run time.
#pragma once

#include <string_view>

namespace myelin::schema {

// A site's own segments, types, tables and structures come as a second set of the same shape.
struct Facts {
  std::string_view segments;
  std::string_view types;
  std::string_view tables;
  std::string_view structures;
  std::string_view events;
};

// Lives as long as the program.
Facts embedded_facts();

// The maps from HL7 v2 to FHIR, and back: schemas/maps.
struct Maps {
  std::string_view codes;
  std::string_view types;
  std::string_view resources;
  std::string_view oru;
  std::string_view back_types;
  std::string_view back_segments;
  std::string_view back_messages;
};
Maps embedded_maps();

}  // namespace myelin::schema
