// Values: the elements of FHIR that rows of a map make of a place in a message. One for each conversion; it collects
// the notes, and asks its owner for references to other resources.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "routes/map/convert.h"
#include "routes/map/reader.h"

namespace myelin::mapping {

class Values {
 public:
  // A reference to the resource that is made of this place; null when there is nothing to refer to.
  using Refer = std::function<json::Value(const Resource&, const Frame&)>;

  Values(const Reader& reader, const Library& library, const Overlay& overlay, const Circumstances& circumstances,
         Refer refer);

  // The row's value into `out`, where it has one and nothing stands there yet; whether it has. Rows of references are
  // not for here.
  bool apply(const Row& row, const Frame& frame, json::Value& out);
  void note(std::string text) {
    if (known_.insert(text).second) notes_.push_back(std::move(text));
  }
  const std::vector<std::string>& notes() const { return notes_; }
  // Whose numbers are meant where none is named: "WEST".
  const std::string& authority() const { return authority_; }

 private:
  json::Value value(const Row& row, const Frame& frame);
  json::Value object(const Row& row, const Frame& frame);
  json::Value leaf(const Row& row, const Frame& frame);
  json::Value dated(const Row& row, const Frame& frame, const std::string& text);
  json::Value of_several(const Row& row, const Frame& frame);
  json::Value text_of_all(const Row& row, const Frame& frame);
  static bool put(const Row& row, json::Value value, json::Value& out);
  bool put_code(const Row& row, const Frame& frame, json::Value& out);
  void add_mapped(const Row& row, const Frame& frame, json::Value& out);
  json::Value mapped_coding(const Row& row, const Frame& frame);
  std::optional<Codes::Row> look_up(const Row& row, const std::string& code) const;
  void note_unmapped(const Row& row, const Frame& frame);
  std::string first_text(const Frame& frame) const;
  std::string whole_text(const Frame& frame) const;
  std::string place(const Frame& frame) const;
  std::string measure(const Row& row, const Frame& frame) const;
  // HD: the name, the universal id and its type.
  struct Authority {
    std::string name, id, type;
  };
  std::string listed(const Authority& authority, std::string_view number) const;
  // Of a number of this type ("AN"; "" when it has none). Notes what it does not know, but for an empty `where`.
  std::string system(const Authority& named, const std::string& number, const std::string& where);
  std::string code_system(const std::string& name, const Frame& frame);

  const Reader& reader_;
  const Library& library_;
  const Overlay& overlay_;
  const Circumstances& circumstances_;
  Refer refer_;
  std::string authority_;
  std::string offset_;  // of times that have none: that of MSH-7
  std::string table_;   // of the row around: whose codes these are, where none is named
  std::vector<std::string> notes_;
  std::set<std::string> known_;
};

// Puts a value where the steps say; what stands there already stays. False: it stayed.
bool put_at(json::Value& out, const std::vector<TargetStep>& target, json::Value value);
// An empty object or array, or null.
bool is_nothing(const json::Value& value);
// Received times as HL7 writes them, in UTC.
std::string hl7_time(WallTime time);

}  // namespace myelin::mapping
