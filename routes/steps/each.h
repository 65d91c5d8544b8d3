// Each: the segments or groups over which `each` runs, or the items of an array in JSON, in steps and in the rows of
// `render`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "routes/steps/place.h"

namespace myelin::routes {

class Each {
 public:
  // A segment or a group, with or without a selector; of JSON an array. nullptr after reporting what is wrong.
  static std::shared_ptr<const Each> read(const config::Node& node, Workshop& workshop);

  virtual ~Each() = default;
  // Around the compiling of what is repeated, so that it knows what its names mean.
  virtual void enter(Workshop& workshop) const = 0;
  virtual void leave(Workshop& workshop) const = 0;

  // Calls `visit` with each of them as the current one, until it returns false. It runs over those that were there when
  // it began: when `visit` takes segments out or puts some in, the positions of those still to come move with them,
  // counted from the end of the message.
  virtual void run(const Body& body, Context& context, const std::function<bool()>& visit) const = 0;
};

// Of an HL7 message.
class SegmentEach final : public Each {
 public:
  static std::shared_ptr<const SegmentEach> read(const config::Node& node, Workshop& workshop);

  explicit SegmentEach(NamedPath path) : path_(std::move(path)) {}
  void enter(Workshop& workshop) const override { workshop.scope.around.push_back(name()); }
  void leave(Workshop& workshop) const override { workshop.scope.around.pop_back(); }
  void run(const Body& body, Context& context, const std::function<bool()>& visit) const override;

  bool is_segment() const { return !path_.path.segment.empty(); }
  const std::string& name() const { return is_segment() ? path_.path.segment : path_.path.groups.back().name; }
  // The segments, or the first segment of each group.
  std::vector<std::uint32_t> currents(const hl7::Tree& tree, const Context& context) const;

 private:
  NamedPath path_;  // of a group, without a segment
};

}  // namespace myelin::routes
