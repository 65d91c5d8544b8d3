// The keys of a site's dictionary, each declared once.
#include "engine/config/declare.h"
#include "routes/dictionary/dictionary.h"

namespace myelin::routes {

using config::flag;
using config::key;
using config::number;
using config::Spec;
using config::Type;

const Spec& dictionary_spec() {
  static const Spec kSpec{
      .name = "dictionary",
      .doc = "what a site's peers send beside the standard",
      .options =
          {
              key("dictionary", Type::name, "the name, as the file is called", "our-house", true),
              key("about", Type::text, "whose it is, and since when", "What our patient system sends"),
              key("segments", Type::any, "by name: title and fields", "{ ZPI: { fields: { ZPI-1: { name: Diet } } } }"),
              key("types", Type::any, "by name: components of a data type",
                  "{ ZWD: { components: { ZWD.1: { name: Ward } } } }"),
              key("tables", Type::any, "by number: name and codes; codes of a table of HL7 are added to it",
                  "{ \"9001\": { name: Diets, codes: { NS: No salt } } }"),
              key("structures", Type::any, "by name: a grammar, or what stands after a segment of the standard's",
                  "{ ADT_A01: { after: PV1, add: \"[ZPI]\" } }"),
              key("events", Type::any, "which structure a message has", "{ ADT^Z01: ADT_A01 }"),
          },
      .example =
          "dictionary: our-house\nsegments:\n  ZPI:\n    title: Diet\n    fields:\n      ZPI-1: { name: Set ID, "
          "type: SI }",
  };
  return kSpec;
}

const Spec& dictionary_segment_spec() {
  static const Spec kSpec{
      .name = "segment",
      .doc = "a segment or a data type of the site's own",
      .options = {key("title", Type::text, "what it is called", "Patient, in-house"),
                  key("versions", Type::text, "of HL7, in which it is so; all, when not said", "2.3-2.5.1"),
                  key("fields", Type::any, "of a segment, by place: ZPI-1, ZPI-2 …",
                      "{ ZPI-1: { name: Set ID, type: SI } }"),
                  key("components", Type::any, "of a data type, by place: ZWD.1, ZWD.2 …",
                      "{ ZWD.1: { name: Ward } }")},
  };
  return kSpec;
}

const Spec& dictionary_element_spec() {
  static const Spec kSpec{
      .name = "field",
      .doc = "a field of a segment, or a component of a data type",
      .options = {key("name", Type::text, "what it is called", "Diet", true),
                  key("type", Type::name, "its data type, of HL7 or the site's; ST, when not said", "CWE"),
                  flag("required", "it must be there"), flag("repeats", "it may repeat"),
                  number("most", "how often it may repeat", "3", 1, 60'000),
                  number("length", "how many characters it has at most", "20", 1, 1'000'000),
                  number("table", "of its codes, by number", "9001", 1, 65'535)},
  };
  return kSpec;
}

const Spec& dictionary_table_spec() {
  static const Spec kSpec{
      .name = "table",
      .doc = "codes and what they mean",
      .options = {key("name", Type::text, "what it is called", "Diets"),
                  key("codes", Type::any, "each with its text", "{ NS: No salt, VG: Vegetarian }", true)},
  };
  return kSpec;
}

const Spec& dictionary_structure_spec() {
  static const Spec kSpec{
      .name = "structure",
      .doc = "what is added to a structure of HL7",
      .options = {key("after", Type::name, "the segment behind which it stands", "PV1", true),
                  key("add", Type::text, "what stands there: [ ] may be absent, { } may repeat", "\"[{ZPI}]\"", true)},
  };
  return kSpec;
}

}  // namespace myelin::routes
