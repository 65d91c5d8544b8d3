// What a step is made of while it is compiled: the item of the YAML list, the workshop it may ask for tables, blocks
// and formulas, and the base of the compiled Step. One file per step; catalog.cpp is THE list of them.
//
// Contract of a builder: it returns the step, or nullptr after it has put every mistake it met into the workshop's
// diagnostics. Contract of a step: it never throws, it is immutable, and what is wrong with a message becomes a Verdict
// whose fault has the path in `at` and never the content of a field in `detail`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/spec.h"
#include "engine/model/plan.h"
#include "routes/expr/formula.h"
#include "routes/map/overlay.h"
#include "routes/profile/profile.h"
#include "routes/steps/table.h"

namespace myelin::routes {

inline constexpr std::size_t kMaxSteps = 1'000;  // of one list, nested ones counted on their own
inline constexpr int kMaxNesting = 16;           // of if, each and use

// Where a list of steps stands. A step says which of them it may stand in.
enum class Stand : std::uint8_t { accept = 1, channel = 2, route = 4 };
inline constexpr unsigned kInSteps = 2 | 4;
inline constexpr unsigned kInAccept = 1;
inline constexpr unsigned kInRoute = 4;

using Overlays = std::map<std::string, std::shared_ptr<const mapping::Overlay>, std::less<>>;
using Profiles = std::map<std::string, std::shared_ptr<const Profile>, std::less<>>;

// conf/blocks/NAME.yaml as read: the list under `steps:`.
struct Block {
  std::string name;
  config::Node steps;
  std::string text;
};

// All that a list of steps may name. One per channel; the tables and blocks are shared by all of them.
struct Workshop {
  config::Diagnostics& diagnostics;
  expr::Scope scope;  // grows with each `let`
  const std::map<std::string, std::shared_ptr<const Table>, std::less<>>& tables;
  const std::map<std::string, Block, std::less<>>& blocks;
  const Profiles* profiles = nullptr;  // null: there are none
  const Overlays* overlays = nullptr;

  Stand stand = Stand::channel;
  std::vector<std::string> types = {};   // that the channel accepts; empty: all
  std::vector<std::string> inside = {};  // the blocks being compiled, for the circle check
  int nesting = 0;
  // Of a route: the connection that `call` names, and what its texts are; nothing after reporting what is wrong.
  struct CallTarget {
    Call call;
    std::vector<Template> templates;
  };
  std::function<std::optional<CallTarget>(const config::Node&)> find_call = {};
  std::vector<Call> calls = {};           // of the route, as they come
  int also = 0;                           // steps `also` of the route so far
  bool reshaped = false;                  // steps above may add segments or change the type
  std::vector<config::Place> holds = {};  // `unmapped: hold`, of the list that is being compiled
  int rows = 0;                           // of them, `each` over JSON
  int branches = 0;                       // lists of if and each around this one
  bool rendered = false;                  // `render` or `encode` stands above: it is the peer's form now
  std::shared_ptr<const expr::Grammar> grammar_before = {};  // of what was rendered …
  BodyKind body_before = BodyKind::hl7;                      // … and what it was
  std::set<std::string, std::less<>> used_tables = {};       // for Plan.hash, and for "nothing uses this table"
  std::set<std::string, std::less<>> used_blocks = {};
  std::set<std::string, std::less<>> used_profiles = {};
  std::set<std::string, std::less<>> used_overlays = {};

  // What steps make of the message, so that it can be taken back where a route or a branch ends.
  struct Shape {
    std::shared_ptr<const expr::Grammar> grammar, original;
    BodyKind body, original_body;
    bool rendered;
  };
  Shape shape() const { return {scope.grammar, scope.original, scope.body, scope.original_body, rendered}; }
  void restore(const Shape& shape) {
    scope.grammar = shape.grammar;
    scope.original = shape.original;
    scope.body = shape.body;
    scope.original_body = shape.original_body;
    rendered = shape.rendered;
  }

  // A step makes the peer's form of the message.
  void render_into(BodyKind kind) {
    if (!rendered) grammar_before = scope.grammar;
    if (!rendered) body_before = scope.body;
    rendered = true;
    scope.body = kind;
  }

  // With a mistake and a suggestion when there is none of that name.
  std::shared_ptr<const Table> table(std::string_view name, const config::Place& place);
  std::shared_ptr<const Profile> profile(std::string_view name, const config::Place& place);
  std::shared_ptr<const mapping::Overlay> overlay(std::string_view name, const config::Place& place);
};

// What every compiled step carries.
struct StepHead {
  std::string_view name;
  std::string place;
  std::shared_ptr<const Condition> when;
};

class StepBase : public Step {
 public:
  explicit StepBase(StepHead head) : head_(std::move(head)) {}
  std::string_view name() const override { return head_.name; }
  std::string_view place() const override { return head_.place; }
  const Condition* when() const override { return head_.when.get(); }

 private:
  StepHead head_;
};

// One item of a list of steps, as its builder gets it.
struct StepItem {
  StepHead head;
  config::Place key_place;
  const config::Node& value;  // of the step's own key
  const config::Node& whole;  // the item: for `do`, `then`, `else`
};

struct StepKind {
  std::string_view name;
  std::string_view doc;      // one line, for routes/README.md and `myelin explain`
  std::string_view value;    // what stands behind the key, in words
  std::string_view example;  // a list item that compiles
  unsigned stands = kInSteps;
  std::shared_ptr<const Step> (*build)(StepItem, Workshop&) = nullptr;
  const config::Spec* spec = nullptr;         // the options, where the value is a map of options
  std::vector<std::string_view> beside = {};  // keys that may stand beside it, `when` and `note` apart
  bool any_body = false;                      // needs no HL7 message
  bool documents = false;                     // also works on JSON and XML
  bool remakes = false;                       // makes another kind of body, so it stands before `render`
  bool reshapes = false;                      // may add segments, or change the type
  bool once = false;                          // not inside `if` and `each`
};

// A list of steps; every mistake in it is reported. Steps with mistakes are left out.
Steps compile_steps(const config::Node& list, Workshop& workshop);

// Whether `let` and `call` may give this name.
bool is_let_name(std::string_view text);

// The MSH-10 of a message that is made of another: MSG1 and ".2" are MSG1.2; where that is longer than every version
// allows, twenty characters that follow from both.
std::string derived_control_id(std::string id, std::string_view suffix);

// Verdicts that several steps give.
Verdict fault_of(FaultCode code, std::string detail, std::string at = {});
Verdict verdict_of(Fault fault);
// Puts the peer's form in the place of the message; what the connection says of the message still finds it.
void put_form(Body form, Body& body, Context& context);
// nullptr when the body is no HL7 tree; then `verdict` says so.
hl7::Tree* hl7_of(Body& body, Verdict& verdict);

}  // namespace myelin::routes
