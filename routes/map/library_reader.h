// Reads the text of the maps into a Library, line after line.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "routes/map/library.h"
#include "routes/map/line_reader.h"
#include "routes/map/words.h"

namespace myelin::mapping {

class LibraryReader final : public LineReader {
 public:
  explicit LibraryReader(Library& library) : library_(library) {}

 private:
  void finish() override;
  // A line of codes.txt: table, HL7 table, code, FHIR code, system.
  void read_code(std::string_view line);
  static void add_code(Codes& codes, Codes::Row row);
  void read_line(std::string_view line) override;
  void begin_block();
  void read_type_line();
  void read_resource_line();
  void read_identity();
  void read_message_line();
  Row row();
  void read_option(Row& made);
  std::vector<Condition> conditions_here();

  struct Include {
    Type* into;
    std::size_t at;
    std::string name;
  };

  // Puts the rows that a type includes where it said so; last places first, so that the others stay where they are.
  void expand(Type& type, int depth);
  static void mark_otherwise(Resource& resource);
  void copy(Resource& into, const std::string& name);

  Library& library_;
  Words words_{""};
  Codes* codes_ = nullptr;
  Type* type_ = nullptr;
  Resource* resource_ = nullptr;
  MessageMap* message_ = nullptr;
  bool in_systems_ = false;
  std::set<std::string> known_;
  std::vector<Include> includes_;
  std::vector<std::pair<std::string, Resource*>> copies_;
};

}  // namespace myelin::mapping
