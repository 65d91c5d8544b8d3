// Dictionary: what one version of HL7 v2 says about segments, fields, data types, tables and message structures.
//
// Immutable once read, so all threads share one per version. Names and texts are views into the facts it was read
// from. Numbers are those of the standard, from 1.
//
// What a version does not document, because it came later, went earlier or a source had a hole, is answered from the
// nearest version that does, an older one first; `documented_in` tells. A message in the field is rarely of one
// version only.
// Limits: table texts, and most table names, are the same for all versions; usage knows required, optional and
// withdrawn, not conditional.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hl7/structure.h"
#include "engine/schema/facts.h"
#include "engine/schema/version.h"

namespace myelin::schema {

enum class Usage : std::uint8_t { optional, required, withdrawn };

inline constexpr std::string_view kVaries = "*";

// A field of a segment or a component of a data type.
struct Element {
  std::string_view name;
  std::string_view type;  // "CX"; kVaries; "" when withdrawn or reserved
  Usage usage = Usage::optional;
  bool repeats = false;
  std::uint16_t most = 0;    // repetitions; 0: no limit given
  std::uint16_t table = 0;   // 0: none
  std::uint32_t length = 0;  // 0: none given
};

// A segment or a data type.
struct Composite {
  std::string_view name;   // "PID"
  std::string_view title;  // "Patient Identification"; data types have none
  Version documented_in = Version::v2_1;
  std::span<const Element> elements;  // [0] is field or component 1
};

struct Code {
  std::string_view code;
  std::string_view text;
};

struct Table {
  std::uint16_t number = 0;
  std::string_view name;
  std::span<const Code> codes;
};

struct DocumentedStructure : hl7::Structure {
  Version documented_in = Version::v2_1;
};

class Dictionary {
 public:
  // The same object each time, until the site's facts change (site.h); read at the first call, from any thread.
  static const Dictionary& of(Version version);
  static const Dictionary& of(std::string_view declared) { return of(nearest_version(declared)); }
  // From other facts than the program's own. They must outlive it. Of `site` a segment, type, structure or event takes
  // the place of that of `facts`, and the codes of a table stand behind those of `facts`.
  static Dictionary read(Version version, const Facts& facts, const Facts& site = {});

  Dictionary(Dictionary&&) = default;
  Dictionary& operator=(Dictionary&&) = default;

  Version version() const { return version_; }

  // By name; nullptr when no version has it.
  const Composite* segment(std::string_view name) const;
  const Composite* type(std::string_view name) const;  // nullptr too for types without components (ST, NM, …)
  const Element* field(std::string_view segment, std::size_t number) const;
  const Element* component(std::string_view type, std::size_t number) const;
  const Table* table(std::uint16_t number) const;
  std::optional<std::string_view> text(std::uint16_t table, std::string_view code) const;

  const DocumentedStructure* structure(std::string_view name) const;
  // What a message is, from MSH-9: the structure that MSH-9.3 names, if this version has it; else the one of its
  // event in this version, else of its code (ACK). Senders write ADT_A04 where ADT_A01 is meant, and a name that does
  // not begin with the message code is no structure of it.
  const DocumentedStructure* structure(std::string_view code, std::string_view event, std::string_view declared) const;
  // "ADT_A01" for ADT and A04; "" when nothing is known. What MSH-9.3 should say.
  std::string_view structure_name(std::string_view code, std::string_view event) const;

  std::span<const Composite> segments() const { return segments_; }  // by name
  std::span<const Composite> types() const { return types_; }
  std::span<const Table> tables() const { return tables_; }
  std::span<const DocumentedStructure> structures() const { return structures_; }

 private:
  friend class DictionaryReader;
  struct Event {
    std::string_view key;  // "ADT^A04"
    std::string_view structure;
  };

  explicit Dictionary(Version version) : version_(version) {}

  Version version_;
  std::vector<Element> elements_;
  std::vector<Code> codes_;
  std::vector<Composite> segments_;  // this and the following are sorted by name
  std::vector<Composite> types_;
  std::vector<Table> tables_;
  std::vector<DocumentedStructure> structures_;
  std::vector<Event> events_;
};

}  // namespace myelin::schema
