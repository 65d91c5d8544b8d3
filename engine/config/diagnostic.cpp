// Collecting, sorting and printing mistakes, and finding the name that was meant.
#include "engine/config/diagnostic.h"

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

#include "engine/base/printable.h"

namespace myelin::config {

namespace {

constexpr std::size_t kMaxShown = 160;  // columns of a source line; a longer one is shown around the caret

struct Paint {
  std::string_view severity, gutter, bold, off;
};

Paint paint(Severity severity, Colour colour) {
  if (colour == Colour::never) return {};
  const std::string_view strong = severity == Severity::error     ? "\x1b[1;31m"
                                  : severity == Severity::warning ? "\x1b[1;33m"
                                                                  : "\x1b[1;36m";
  return {strong, "\x1b[34m", "\x1b[1m", "\x1b[0m"};
}

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::hint:
      return "hint";
  }
  return "error";
}

bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

struct Window {
  std::string text;
  std::size_t caret = 0;   // columns before the caret
  std::size_t length = 1;  // of the carets
};

// The part of the line around the caret. A tab becomes a blank and a control character its picture, so that the caret
// stands where it should.
Window window(const Place& place) {
  const std::string_view line = place.source->line(place.line);
  const auto count = static_cast<std::size_t>(std::count_if(line.begin(), line.end(), starts_code_point));
  const std::size_t caret = std::min(place.column > 0 ? static_cast<std::size_t>(place.column - 1) : 0, count);
  const std::size_t from = count > kMaxShown && caret > kMaxShown / 2 ? caret - kMaxShown / 2 : 0;
  const std::size_t to = std::min(count, from + kMaxShown);
  Window view;
  if (from > 0) view.text = "…";
  std::size_t column = 0;  // one behind the character in hand
  for (const char byte : line) {
    if (starts_code_point(byte)) ++column;
    if (column <= from || column > to) continue;
    view.text += byte == '\t' ? ' ' : byte;
  }
  view.text = printable(view.text);
  if (to < count) view.text += "…";
  view.caret = caret - from + (from > 0 ? 1 : 0);
  const auto length = static_cast<std::size_t>(std::max(place.length, 1));
  view.length = std::max<std::size_t>(1, std::min(length, to > caret ? to - caret : 1));
  while (view.text.ends_with(' ')) view.text.pop_back();
  return view;
}

std::string folded(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return lower;
}

// Damerau-Levenshtein (optimal string alignment): a swap of neighbours is one mistake.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

auto position(const Diagnostic& diagnostic) {
  return std::tuple(diagnostic.place.source ? std::string_view(diagnostic.place.source->path()) : std::string_view(),
                    diagnostic.place.line, diagnostic.place.column);
}

}  // namespace

void Diagnostics::add(std::string_view code, const Place& place, std::string message, std::string hint) {
  const DiagnosticCode* entry = find_diagnostic(code);
  assert(entry && "a diagnostic code that is not in engine/config/codes");
  Diagnostic diagnostic;
  // The table's own text: `code` may be a view of something that ends before the diagnostic does.
  diagnostic.code = entry ? entry->id : std::string_view("C0050");
  diagnostic.severity = entry ? entry->severity : Severity::error;
  diagnostic.message = std::move(message);
  diagnostic.place = place;
  diagnostic.hint = std::move(hint);
  items_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  // By place, then in the order in which they were met.
  std::vector<std::pair<decltype(position(items_[0])), std::size_t>> order;
  for (const auto& item : items_) order.emplace_back(position(item), order.size());
  std::sort(order.begin(), order.end());
  const auto same = [](const Diagnostic& a, const Diagnostic& b) { return a.code == b.code && a.message == b.message; };
  std::vector<Diagnostic> once;
  std::size_t here = 0;  // first of `once` at the place in hand
  for (const auto& [where, index] : order) {
    const Diagnostic& diagnostic = items_[index];
    if (once.empty() || position(once.back()) != where) here = once.size();
    const auto first = once.begin() + static_cast<std::ptrdiff_t>(here);
    const bool known = std::any_of(first, once.end(), [&](const Diagnostic& other) { return same(other, diagnostic); });
    if (!known) once.push_back(diagnostic);
  }
  return once;
}

std::size_t Diagnostics::errors() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::error; }));
}

std::size_t Diagnostics::warnings() const {
  return static_cast<std::size_t>(
      std::count_if(items_.begin(), items_.end(), [](const Diagnostic& d) { return d.severity == Severity::warning; }));
}

std::string render(const Diagnostic& diagnostic, Colour colour) {
  const Paint p = paint(diagnostic.severity, colour);
  std::string out;
  out += p.severity;
  out += word(diagnostic.severity);
  out += "[";
  out += diagnostic.code;
  out += "]";
  out += p.off;
  out += p.bold;
  out += ": " + printable(diagnostic.message);
  out += p.off;
  out += "\n";
  const Place& place = diagnostic.place;
  if (place.source) {
    out += p.gutter;
    out += "  --> ";
    out += p.off;
    out += printable(to_string(place)) + "\n";
  }
  if (place.source && place.line > 0 && place.line <= place.source->line_count()) {
    const Window view = window(place);
    std::string number = std::to_string(place.line);
    if (number.size() < 5) number.insert(0, 5 - number.size(), ' ');
    out += p.gutter;
    out += number + " |";
    out += p.off;
    out += view.text.empty() ? "\n" : " " + view.text + "\n";
    out += p.gutter;
    out += std::string(number.size(), ' ') + " |";
    out += p.off;
    out += " " + std::string(view.caret, ' ');
    out += p.severity;
    out += std::string(view.length, '^');
    if (!diagnostic.hint.empty()) out += " " + printable(diagnostic.hint);
    out += p.off;
    out += "\n";
  } else if (!diagnostic.hint.empty()) {
    out += "      " + printable(diagnostic.hint) + "\n";
  }
  return out;
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> legal) {
  std::string_view best;
  if (wrong.size() > 100) return best;
  const std::string typed = folded(wrong);
  std::size_t least = (wrong.size() + 2) / 3 + 1;
  for (const std::string_view name : legal) {
    if (name.size() > 2 * typed.size() + 2) continue;
    const std::size_t mistakes = distance(typed, folded(name));
    if (mistakes < least && mistakes < name.size()) {
      least = mistakes;
      best = name;
    }
  }
  return best;
}

}  // namespace myelin::config
