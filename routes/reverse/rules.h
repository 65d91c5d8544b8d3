// Rules: how a message of HL7 v2 is made of FHIR R4, read from schemas/maps/from_fhir (the form of a row:
// schemas/README.md). A sister of the maps in the other direction, in the same kind of rows: the target first, then
// where it comes from. A map cannot simply be read backwards: what several places of a message become in FHIR, an app
// writes in ways of its own, and which segment asks for it is said by the message, not by the resource.
//
// Contract: immutable once read; the converter (convert.h) knows no segment, no field and no resource by name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/map/library.h"

namespace myelin::reverse {

struct Step {
  enum class Kind : std::uint8_t {
    member,     // name
    resources,  // Patient: all of that type in the bundle
    rest,       // rest:Observation: those of them that no part of the message took, and no other one has as a member
    extension,  // extension(url)
    resolve,    // resolve(): what a reference refers to
    index,      // [0]
    skip,       // skip(1)
    around,     // ^: the node of the part around
  } kind = Kind::member;
  std::string name;  // of a member, a type, a URL
  std::size_t number = 0;
  std::string key, value;  // of a filter behind it: [key=value]
};

struct Source {
  enum class Kind : std::uint8_t {
    literal,  // "F"
    path,     // name.given[0]: from the node of the part, or of the type
    item,     // .use: from the value that the row is about
    count,    // $n:OBR: how many of this segment came since the last OBR; $n:* since any other
    fact,     // $received $type $event $structure $id $version
  } kind = Kind::literal;
  std::string text;  // as written
  std::vector<Step> path;
};
using Alternatives = std::vector<Source>;  // the first that has a value

struct Condition {
  enum class Test : std::uint8_t { is, is_not, valued, empty, lines, day } test = Test::valued;
  Alternatives what;
  std::vector<std::string> values;
};

// What becomes of a leaf. In the order of the names in rules_read.cpp.
enum class Form : std::uint8_t {
  text,
  lines,       // line feeds are \.br\;
  joined,      // all of them, a blank between two
  time,        // as precise as it is, or as the place allows
  date,        // the day alone
  number,      // digits without an exponent
  yes_no,      // Y, N
  authority,   // a system's URI in three places: name, id, kind of id
  codesystem,  // a system's URI as HL7 names it
  media_type,
  media_subtype,
  base64,
  range,  // of a referenceRange: 3.5-5.0
};

struct Place {
  std::uint16_t field = 0, component = 0, subcomponent = 0;
  bool repeats = false;  // PID-3[]
};

struct Type;

struct Row {
  Place target;  // of a type: component, or subcomponent, counted from the place at hand; all 0: its members
  Alternatives from;
  Form form = Form::text;
  const Type* type = nullptr;
  std::string via;        // a table of codes
  std::string otherwise;  // of a code that it does not have
  bool needed = false;
  bool otherwise_of_last = false;  // else: only when the row above wrote nothing
  bool distinct = false;           // only what does not stand in another component already
  std::vector<Condition> when;
};

struct Type {
  std::string name;
  std::vector<Row> rows;
};

// A segment, and what follows it; or, without a name, a group.
struct Part {
  std::string segment;
  const Type* rules = nullptr;
  Alternatives of;
  bool needed = false;
  bool single = false;  // more than one is a fault
  std::vector<Condition> when;
  std::vector<Part> parts;
};

struct MessageRules {
  std::string name;  // "adt"
  std::string about;
  std::vector<std::string> types;  // that it can make
  std::vector<Row> type;           // which of them: the first that holds
  std::vector<Part> parts;
  std::vector<std::string> ignored;  // "Bundle.type", "*.id": elements that say nothing to keep
};

class Rules {
 public:
  // What is linked into the program.
  static const Rules& embedded();
  // The first mistake ("line 12: …") where they cannot be read.
  static std::unique_ptr<const Rules> read(const std::vector<std::string_view>& texts, std::string& mistake);

  const MessageRules* message(std::string_view name) const;
  std::vector<std::string_view> names() const;
  // Code of HL7, code of FHIR; those of to_fhir where these rules have none of that name.
  const mapping::Codes* codes(std::string_view name) const;
  const std::string& digest() const { return digest_; }

 private:
  friend class RulesReader;
  template <class T>
  using Named = std::map<std::string, std::unique_ptr<T>, std::less<>>;
  Named<Type> types_, segments_;
  Named<mapping::Codes> codes_;
  Named<MessageRules> messages_;
  std::vector<std::string> ignored_;  // by every message
  std::string digest_;
};

}  // namespace myelin::reverse
