// Reader of the rules' text. Inner to rules.h.
#pragma once

#include <set>

#include "routes/map/line_reader.h"
#include "routes/map/words.h"
#include "routes/reverse/rules.h"

namespace myelin::reverse {

class RulesReader final : public mapping::LineReader {
 public:
  explicit RulesReader(Rules& rules) : rules_(rules) {}

 private:
  void finish() override;
  void read_line(std::string_view line) override;
  void begin_block(std::string_view line);
  void read_message_line(std::size_t depth);
  void read_part(const std::string& word, std::size_t depth);
  Row row();
  void read_source(Row& made);
  void read_option(Row& made);
  std::vector<Condition> conditions();
  bool is_keyword() const;
  void include(Type& type, int depth);

  struct Include {
    Type* into = nullptr;
    std::size_t at = 0;
    std::string name;
  };

  Rules& rules_;
  mapping::Words words_{""};
  Type* type_ = nullptr;
  bool of_segment_ = false, ignored_ = false;
  mapping::Codes* codes_ = nullptr;
  MessageRules* message_ = nullptr;
  std::vector<std::size_t> depths_;  // of the parts that the line at hand may stand in
  std::vector<Include> includes_;
  std::set<std::string> known_;
};

// "name[0].given.skip(1)"; the mistake in it, or "".
std::string read_path(std::string_view text, std::vector<Step>& path);
// ".4.2", "PID-3[]"; false: it is none.
bool read_place(std::string_view text, Place& place);

}  // namespace myelin::reverse
