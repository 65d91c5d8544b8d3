// Diagnostic: a mistake in a configuration file. The checker never stops at the first: it collects all of them,
// sorts them by file, line and column, and prints each with file:line:column, the line, a caret and a suggestion.
// Each code stands once in codes/ with a page for `myelin explain C0012`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/source_text.h"

namespace myelin::config {

enum class Severity : std::uint8_t { error, warning, hint };

struct DiagnosticCode {
  std::string_view id;  // "C0012"; warnings "W0107", hints "H0203"
  Severity severity;
  std::string_view title;
  std::string_view explanation;  // why it is a mistake and what to do
  std::string_view wrong;        // a short YAML example that draws it
  std::string_view right;        // the same, mended
};

std::span<const DiagnosticCode> all_diagnostic_codes();
const DiagnosticCode* find_diagnostic(std::string_view id);

struct Diagnostic {
  std::string_view code;  // an id of the table
  Severity severity = Severity::error;
  std::string message;  // one sentence of what
  Place place;
  std::string hint;  // one sentence of what to do; stands beside the caret
};

class Diagnostics {
 public:
  // `code` must be in the table (asserted); its severity is the table's.
  void add(std::string_view code, const Place& place, std::string message, std::string hint = {});

  // By file, line, column; duplicates at one place removed.
  std::vector<Diagnostic> sorted() const;
  std::size_t errors() const;
  std::size_t warnings() const;
  bool ok() const { return errors() == 0; }
  const std::vector<Diagnostic>& all() const { return items_; }

 private:
  std::vector<Diagnostic> items_;
};

enum class Colour : bool { never, always };

// The text form of one diagnostic, with line and caret, as channel-language.md shows it.
std::string render(const Diagnostic& diagnostic, Colour colour);

// The legal name nearest to `wrong` (Damerau-Levenshtein, at most a third of its length); empty when none is near.
std::string_view nearest(std::string_view wrong, std::span<const std::string_view> legal);

}  // namespace myelin::config
