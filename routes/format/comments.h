// The comments of a YAML file, which its tree does not have.
#pragma once

#include <string>
#include <vector>

#include "engine/config/node.h"

namespace myelin::routes {

struct Comment {
  std::size_t begin = 0;  // the byte of its #
  int line = 0;
  int column = 0;      // 0-based, in characters
  bool alone = false;  // nothing else stands in its line
  std::string text;    // from the # on, without blanks at its end
};

std::vector<Comment> comments_of(const config::SourceText& source, const config::Node& root);

}  // namespace myelin::routes
