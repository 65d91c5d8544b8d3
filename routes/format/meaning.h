// What stands at a place of a configuration file, as far as its style depends on it: a formula, a path, a list of
// steps, plain text. The language's own declarations (Specs and the list of steps) say what is what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/config/node.h"
#include "engine/config/spec.h"

namespace myelin::routes {

enum class Meaning : std::uint8_t {
  any,        // a value: text, =formula or text with {{ formulas }}; maps and lists of those
  text,       // words for people, never a formula
  condition,  // a formula
  path,       // a path, or a list of them
  places,     // a map of names and paths
  fields,     // a map of paths and values
  expected,   // a map of paths and what is read there
  options,    // a map that a Spec declares
  channel,    // the whole of a channel, a block or a file of tests
  accept,
  routes,
  route,
  steps,
  step,
  rows,  // of on_reply
  row,
  tests,
  test,
  expect,
};

struct Stands {
  Meaning meaning = Meaning::any;
  const config::Spec* spec = nullptr;  // of Meaning::options

  Stands below(std::string_view key) const;
  Stands item() const;
  bool keys_are_paths() const { return meaning == Meaning::fields || meaning == Meaning::expected; }
  bool in_block() const;  // never in { } or [ ], unless it is empty
  // Where a key stands among its neighbours; nothing: where it was typed.
  std::optional<int> rank(std::string_view key) const;
};

Stands meaning_of_file(const config::Node& root);

// "PID-5.1" for PID.5.1; nothing when the text is no path to a field.
std::optional<std::string> canonical_path(std::string_view text);
bool is_formula(const Stands& stands, const config::Node& scalar);
// A path in which something is picked: PID-3[5=MR].1.
bool is_picking_path(std::string_view text);

}  // namespace myelin::routes
