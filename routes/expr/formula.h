// The formula language (channel-language.md, Values): compiled once with all its mistakes placed in the YAML file,
// evaluated as often as messages come. Typed, total, pure, bounded: an evaluation never fails; what cannot be had is
// absent and reads as "". Compiled objects are immutable and may be shared between threads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/node.h"
#include "engine/hl7/path.h"
#include "engine/hl7/zone.h"
#include "engine/model/plan.h"
#include "routes/expr/value.h"

namespace myelin::expr {

inline constexpr std::size_t kMaxFormulaBytes = 4096;
inline constexpr int kMaxFormulaDepth = 64;

// A look-up table, as the compiler read it from conf/tables/NAME.csv.
class Table {
 public:
  virtual ~Table() = default;
  // `column` empty: the table's own result column. Nothing when there is no such key (or column).
  virtual std::optional<std::string_view> lookup(std::string_view key, std::string_view column) const = 0;
  virtual bool has_column(std::string_view column) const = 0;
};

// A fact of how a message came, as a formula names it: "file", "header.x-ward".
struct FactUse {
  std::string name;
  config::Place place;
};

class Grammar;

// What a formula may name at its place in the file.
struct Scope {
  std::string version;  // "2.5.1"
  std::map<std::string, std::shared_ptr<const Table>, std::less<>> tables;
  std::map<std::string, std::string, std::less<>> site;  // $site.x, from connections.yaml
  std::set<std::string, std::less<>> lets;               // named by `let:` above
  const hl7::Zone* zone = nullptr;                       // of the channel: times without an offset are meant in it
  std::shared_ptr<const Grammar> grammar;                // of the messages here; null: paths are not checked
  std::shared_ptr<const Grammar> original;               // of $original, where `build` began another message
  std::vector<std::string> around;                       // the names of `each` around it, outermost first
  BodyKind body = BodyKind::hl7;                         // what paths are of
  BodyKind original_body = BodyKind::hl7;                // the same of $original
  bool parts = false;                                    // in the steps of a route that splits: $part $parts
  std::shared_ptr<std::vector<FactUse>> facts;           // those that formulas name are added; null: nobody asks
};

// A path that a formula reads, for checks against the dictionary and warnings about repetition.
struct PathUse {
  hl7::Path path;
  std::string text;  // as typed
  config::Place place;
};

class Formula {
 public:
  virtual ~Formula() = default;
  virtual Value evaluate(const Body& body, const Context& context) const = 0;
  virtual const std::vector<PathUse>& paths() const = 0;
  // What a bare path into JSON names, whole: a number stays one, an array stays one. nullptr: it is something else.
  virtual const json::Value* data(const Body& /*body*/, const Context& /*context*/) const { return nullptr; }
};

// The formula that starts at byte `offset` of a scalar (1 after a leading `=`). nullptr: its mistakes are in
// `diagnostics`.
std::shared_ptr<const Formula> compile_formula(const config::Node& scalar, std::size_t offset, const Scope& scope,
                                               config::Diagnostics& diagnostics);

// What a formula is for. One that decides (when, order, priority) is warned of a name that takes the first of several.
enum class Use : std::uint8_t { computes, decides };

// `when:` is always a formula; a leading `=` is allowed. Anything that is not true or false is a mistake.
std::shared_ptr<const Condition> compile_condition(const config::Node& scalar, const Scope& scope,
                                                   config::Diagnostics& diagnostics);

// What a value is written to; decides what a literal may hold and how much a bare path copies.
enum class Target : std::uint8_t {
  text,       // no HL7 at all: a reason, a name, a `let`. Anything goes; evaluates to text.
  leaf,       // a subcomponent: ^ ~ & \ in a literal are a mistake
  component,  // may hold subcomponents: ^ and ~ in a literal are a mistake, & has its meaning
  field,      // a literal is HL7 in ^~\&; a bare path copies structure and repetitions
};

// What to write. `raw`: HL7 in the body's own delimiters (Tree::write_raw); otherwise text (Tree::write_text).
struct Written {
  std::string content;
  bool raw = false;
};

// A value of the language: literal text, `=formula`, or text with {{ formula }} in it.
class TextSource {
 public:
  virtual ~TextSource() = default;
  virtual Written write(const Body& body, const Context& context) const = 0;
  // The same for a target that is no HL7: text, escapes decoded.
  virtual std::string text(const Body& body, const Context& context) const = 0;
  // A bare path, or text functions over one, as the whole value: structure and repetitions are kept.
  virtual bool copies_structure() const = 0;
  // The text, when it does not depend on the message.
  virtual std::optional<std::string> constant() const = 0;
  virtual const std::vector<PathUse>& paths() const = 0;
};

std::shared_ptr<const TextSource> compile_value(const config::Node& scalar, Target target, const Scope& scope,
                                                config::Diagnostics& diagnostics);

// One table of functions and operators; docs, completion and the tests of the examples come from it.
struct FunctionDoc {
  std::string_view name;
  std::string_view signature;  // "left(text, count)"
  std::string_view doc;
  std::string_view example;  // a formula over the sample message of the test …
  std::string_view result;   // … and its text
};
std::vector<FunctionDoc> function_docs();

// "lookup", "upper": so that other rooms can suggest names.
bool is_function(std::string_view name);

}  // namespace myelin::expr
