// CodeMap: what a step that looks up codes tells of itself, so that the list of unmapped codes can name the table.
#pragma once

#include <string>

namespace myelin::routes {

class CodeMap {
 public:
  virtual ~CodeMap() = default;
  virtual const std::string& table_name() const = 0;
};

}  // namespace myelin::routes
