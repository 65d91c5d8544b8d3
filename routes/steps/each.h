// Each: the segments or groups over which `each` runs, in steps and in the rows of `render`.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "routes/steps/place.h"

namespace myelin::routes {

class Each {
 public:
  // A segment or a group, with or without a selector. nullptr after reporting what is wrong.
  static std::shared_ptr<const Each> read(const config::Node& node, Workshop& workshop);

  explicit Each(NamedPath path) : path_(std::move(path)) {}
  // What goes into Scope::around while what is repeated is compiled.
  const std::string& name() const {
    return path_.path.segment.empty() ? path_.path.groups.back().name : path_.path.segment;
  }

  // Calls `visit` with each of them as the current one, until it returns false. It runs over those that were there when
  // it began: when `visit` takes segments out or puts some in, the positions of those still to come move with them,
  // counted from the end of the message.
  void run(const hl7::Tree& tree, Context& context, const std::function<bool()>& visit) const;

 private:
  std::vector<std::uint32_t> currents(const hl7::Tree& tree, const Context& context) const;
  NamedPath path_;  // of a group, without a segment
};

}  // namespace myelin::routes
