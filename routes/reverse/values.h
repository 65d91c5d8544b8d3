// Values: what the rules ask of a resource, written into a segment. One for each message; it collects the notes and
// keeps the first fault: a wrong type, a date that is none, something needed that is not there.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"
#include "routes/map/overlay.h"
#include "routes/reverse/bundle.h"
#include "routes/reverse/rules.h"
#include "routes/reverse/segment.h"
#include "routes/reverse/texts.h"

namespace myelin::reverse {

// Where a row stands: the node of its part or type, and the part around.
struct Frame {
  const json::Value* node = nullptr;
  const Frame* around = nullptr;
};

struct Item {
  const json::Value* value = nullptr;  // null: a text of ours
  std::string text;
};

class Values {
 public:
  Values(const Bundle& bundle, const Rules& rules, const mapping::Overlay& overlay, const Systems& systems,
         const schema::Dictionary& dictionary);

  // Every row of a segment.
  void fill(Segment& segment, const Type& rules, const Frame& frame);
  std::vector<Item> find(const Source& source, const Frame& frame, const json::Value* item);
  bool holds(const std::vector<Condition>& conditions, const Frame& frame, const json::Value* item);
  // The first that has a text; "" when none has.
  std::string text(const Row& row, const Frame& frame);

  std::map<std::string, std::string, std::less<>>& facts() { return facts_; }
  // A segment is done: what counts it goes on.
  void count(const std::string& segment);

  void note(std::string text);
  void wrong(FaultCode code, std::string detail, std::string at);
  const std::optional<Fault>& fault() const { return fault_; }
  std::vector<std::string>& notes() { return notes_; }
  // "Bundle.entry[0].resource.name", for what is not there.
  std::string place(const Frame& frame, const Source& source) const;

 private:
  using Nodes = std::vector<const json::Value*>;
  Nodes select(const std::vector<Step>& path, const json::Value* from, const Frame& frame);
  Nodes follow(const Step& step, const Nodes& from, const Frame& frame);
  void follow_member(const Step& step, const json::Value& node, Nodes& found);
  static void add(const json::Value& value, Nodes& found);
  bool holds(const Condition& condition, const Frame& frame, const json::Value* item);

  bool apply_all(const std::vector<Row>& rows, const Frame& frame, Segment& segment, const Segment::Spot& base);
  bool apply(const Row& row, const Frame& frame, Segment& segment, const Segment::Spot& base);
  bool apply_each(const Row& row, const Frame& frame, Segment& segment, Segment::Spot spot, const Source& source);
  bool write(const Row& row, const Frame& frame, const Item& item, Segment& segment, const Segment::Spot& spot);
  bool write_text(const Row& row, const Item& item, std::string text, Segment& segment, const Segment::Spot& spot);
  bool write_authority(std::string_view uri, Segment& segment, const Segment::Spot& spot) const;
  std::optional<std::string> formed(const Row& row, const Item& item, const Segment& segment,
                                    const Segment::Spot& spot);
  std::optional<std::string> coded(const Row& row, const Item& item, const std::string& code);
  std::optional<std::string> text_of(const json::Value& value);
  std::string range(const json::Value& value) const;

  const Bundle& bundle_;
  const Rules& rules_;
  const mapping::Overlay& overlay_;
  const Systems& systems_;
  bool mime_;
  std::map<std::string, std::string, std::less<>> facts_;
  std::string name_;                                                   // of the segment at hand
  std::map<std::pair<std::string, std::string>, std::size_t> counts_;  // segment, since which
  std::vector<std::string> notes_;
  std::set<std::string> known_;
  std::optional<Fault> fault_;
};

}  // namespace myelin::reverse
