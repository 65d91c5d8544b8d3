// Mistakes: where the parser and checker of one formula say what is wrong, in offsets of its text; they become places
// in the YAML file, across quotes and the lines of a block.
#pragma once

#include <string>
#include <utility>

#include "engine/config/node.h"

namespace myelin::expr {

class Mistakes {
 public:
  Mistakes(const config::Node& scalar, std::size_t base, config::Diagnostics& diagnostics)
      : scalar_(scalar), base_(base), diagnostics_(diagnostics) {}

  void add(std::string_view code, std::size_t offset, std::size_t length, std::string message, std::string hint = {}) {
    ++count_;
    diagnostics_.add(code, place(offset, length), std::move(message), std::move(hint));
  }
  // A warning: the formula is good.
  void remark(std::string_view code, std::size_t offset, std::size_t length, std::string message, std::string hint) {
    diagnostics_.add(code, place(offset, length), std::move(message), std::move(hint));
  }
  config::Place place(std::size_t offset, std::size_t length) const { return scalar_.place_of(base_ + offset, length); }
  bool none() const { return count_ == 0; }

 private:
  const config::Node& scalar_;
  std::size_t base_;
  config::Diagnostics& diagnostics_;
  int count_ = 0;
};

}  // namespace myelin::expr
