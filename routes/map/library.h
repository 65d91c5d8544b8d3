// Library: the maps from HL7 v2 to FHIR R4, read from their text (schemas/maps; the form of a row: schemas/README.md).
// A type says what a data type becomes, a resource what a segment becomes, a message which resources its segments make.
// Another message is another file: the interpreter (convert.h) knows no segment, no field and no resource by name.
//
// Contract: immutable once read; everything that points into it (rows, types) lives as long as it does.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace myelin::mapping {

// Where a value comes from.
struct Source {
  enum class Kind : std::uint8_t {
    literal,   // "final"
    relative,  // . .4 .4.1: the place at hand, or a part of it
    field,     // PID-3 OBX-6.1: of the nearest segment of that name
    segments,  // NTE*: the segments of that name that stand directly with the one at hand
    identity,  // @report: what identifies the nearest resource of that name
    received,  // $received: when the message came
  } kind = Kind::literal;
  std::string text;                                          // the literal, or a name
  std::uint16_t field = 0, component = 0, subcomponent = 0;  // relative: up to two numbers in field and component
};
using Alternatives = std::vector<Source>;  // the first that has a value

struct Condition {
  enum class Test : std::uint8_t {
    is,
    is_not,
    same,
    differs,
    valued,
    empty,
    number,
    amount,
    single,
    repeats
  } test = Test::valued;
  Alternatives what;
  Alternatives other;  // of same and differs
  std::vector<std::string> values;
};

// name, name[] (one more), name[+] (the last one), name<Kind> (nameKind, unless some other kind of it is there).
struct TargetStep {
  enum class Mode : std::uint8_t { set, append, last, choice } mode = Mode::set;
  std::string name;
  std::string key;  // of a choice: "valueQuantity"
};

// What becomes of a leaf. In the order of the names in library_reader.cpp.
enum class Primitive : std::uint8_t {
  string,
  lines,
  phrase,
  path,
  phone,
  family,
  code,
  uri,
  date,
  date_time,
  date_time_only,
  instant,
  time,
  decimal,
  integer,
  boolean,
  base64,
  media_type,
  system,
  code_system,
  comparator,
  amount,
  measure,
};

struct Codes {
  struct Row {
    std::string code, fhir, system;
    bool first = true;  // of those that become this FHIR code
  };
  std::string name;
  std::string table;  // "0085" of HL7; "" when it is none
  std::vector<Row> rows;
  const Row* find(std::string_view code) const;
};

struct Type;
struct Resource;

struct Row {
  std::vector<TargetStep> target;  // empty: the members of the value go into the object at hand
  std::vector<Alternatives> from;
  Primitive primitive = Primitive::string;
  const Type* type = nullptr;                        // as TYPE; else the primitive
  const Resource* makes = nullptr;                   // new RESOURCE: a reference to it
  std::vector<std::vector<std::string>> references;  // ref A B | C: those of A and B, or, where there are none, of C
  bool otherwise_of_reference = false;  // stands below `ref` rows of the same target: for where they find nothing
  bool alone = false;                   // ref: only where there is one, not the first of several
  Alternatives named_by;                // ref … by PLACE: the one with an identifier of this value
  bool otherwise_of_last = false;       // else: only when the row above wrote nothing
  const Codes* via = nullptr;
  std::string otherwise;  // or CODE: of a code that `via` does not have
  std::string table;      // the HL7 table of a code that names no system
  bool quiet = false;     // what `via` does not have is not worth a note
  std::string extension_url, extension_key;
  std::vector<Condition> when;
};

struct Type {
  std::string name;
  std::vector<Alternatives> needs;  // each; without them there is no such thing
  std::vector<std::string> wants;   // members without which nothing is made of it
  std::vector<Row> rows;
};

struct Resource {
  enum class Identity : std::uint8_t { identifier, own, message } identity = Identity::message;
  std::string name;                 // "report"
  std::string fhir;                 // "DiagnosticReport"
  std::vector<std::string> prefer;  // types of identifiers, the best first
  std::vector<Alternatives> parts;  // of an identity of our own
  bool update = false;              // else what the receiver has already stays as it is
  std::vector<std::string> needs;   // members without which it is left out
  std::vector<std::pair<std::string, std::vector<Condition>>> refusals;  // why there is no bundle at all, and when
  std::vector<Alternatives> display;
  std::vector<Row> rows;
};

struct Anchor {
  std::string segment;
  std::string group;  // a prefix of the name of a group around it; "": anywhere
  const Resource* resource = nullptr;
  std::vector<Condition> when;
  bool only_message = false;  // only in a bundle of type message
};

struct MessageMap {
  std::string name;       // "oru"
  std::string structure;  // "ORU_R01"
  std::vector<std::string> types;
  std::vector<Anchor> anchors;
  std::vector<std::pair<std::string, std::uint16_t>> ignored;  // fields that say nothing to keep
};

class Library {
 public:
  // What is linked into the program.
  static const Library& embedded();
  // From other texts, types and codes first; the first mistake ("line 12: …") where they cannot be read.
  static std::unique_ptr<const Library> read(const std::vector<std::string_view>& texts, std::string& mistake);

  const MessageMap* message(std::string_view name) const;
  std::vector<std::string_view> names() const;
  std::string_view code_system(std::string_view name) const;      // "" when it is not known
  std::string_view code_system_name(std::string_view uri) const;  // the same backwards: the first name, LN before LOINC
  const Codes* codes(std::string_view name) const;
  const std::string& digest() const { return digest_; }

 private:
  friend class LibraryReader;
  template <class T>
  using Named = std::map<std::string, std::unique_ptr<T>, std::less<>>;  // what points to them needs them to stay
  Named<Type> types_;
  Named<Resource> resources_;
  Named<Codes> codes_;
  Named<MessageMap> messages_;
  std::map<std::string, std::string, std::less<>> systems_;
  std::string digest_;
};

}  // namespace myelin::mapping
