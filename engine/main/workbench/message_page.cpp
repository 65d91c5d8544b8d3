#include "engine/main/workbench/message_page.h"

#include <fmt/format.h>

#include "engine/base/markup.h"
#include "engine/main/workbench/message_leaves.h"
#include "engine/main/workbench/message_names.h"

namespace myelin {
namespace {

using schema::Finding;
using schema::Severity;

constexpr std::string_view kStyle =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 "
    "1em;color:#1a1a1a;background:#fff}"
    "h1{font-size:1.3em;margin:0}h2{font-size:1.05em;margin:1.6em 0 .3em;border-bottom:1px solid #ccc}"
    "h2 span,.quiet{color:#5c5c5c;font-weight:normal}table{border-collapse:collapse;width:100%}"
    "td{padding:.12em .6em .12em "
    "0;vertical-align:top}td:first-child{white-space:nowrap;font-family:monospace;width:9em}"
    "td:nth-child(2){width:17em;color:#5c5c5c}td:nth-child(3){font-family:monospace;word-break:break-word}"
    ".d1 td:first-child{padding-left:1.2em}.d2 td:first-child{padding-left:2.4em}.mark{display:block;font:13px/1.4 "
    "system-ui,sans-serif}.error{color:#a40000}.warning{color:#8a5200}.info{color:#3d5a80}"
    "tr.error td{background:#fdecec}tr.warning td{background:#fff5e0}ul{padding-left:1.2em;margin:.4em 0}"
    "@media print{body{margin:0;max-width:none}h2{break-after:avoid}}";

// Every byte that could be markup, and every control character, so that a message cannot be more than text.
std::string escaped(std::string_view text) { return escape_markup(text, "\xEF\xBF\xBD"); }

// A value of megabytes (a PDF in OBX-5) is no reading.
std::string shortened(std::string_view raw) {
  constexpr std::size_t kMost = 2'000;
  if (raw.size() <= kMost) return escaped(raw);
  auto end = kMost;
  while ((static_cast<unsigned char>(raw[end]) & 0xC0U) == 0x80U) --end;
  return escaped(raw.substr(0, end)) + fmt::format(" <span class=quiet>… {} bytes in all</span>", raw.size());
}

std::string mark(const Finding& finding) {
  return fmt::format("<span class=\"mark {0}\">{0}: {1}</span>", to_string(finding.severity), escaped(finding.text));
}

std::string_view worst(const std::vector<const Finding*>& findings) {
  Severity most = Severity::off;
  for (const auto* each : findings) most = std::max(most, each->severity);
  return most >= Severity::warning ? to_string(most) : std::string_view();
}

std::string row(const Leaf& leaf, const MessageNames& names, const Marks& marks) {
  const auto found = marks.at(leaf.spot);
  std::string out = fmt::format("<tr class=\"d{} {}\"><td>{}<td>{}<td>{}", leaf.depth, worst(found), escaped(leaf.path),
                                escaped(names.name(leaf.spot)), shortened(leaf.raw));
  if (const auto meaning = names.meaning(leaf.spot); !meaning.empty())
    out += fmt::format(" <span class=quiet>= {}</span>", escaped(meaning));
  for (const auto* each : found) out += mark(*each);
  return out + "\n";
}

std::string heading(std::string_view title, const schema::Findings& findings) {
  const auto errors = findings.count(Severity::error), warnings = findings.count(Severity::warning);
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<title>{0}</title><style>{1}</style></head><body>\n<h1>{0}</h1>\n<p class=quiet>HL7 {2}{3}{4}: {5} errors, {6} "
      "warnings, {7} remarks</p>\n",
      escaped(title), kStyle, escaped(findings.version), findings.structure.empty() ? "" : ", ",
      escaped(findings.structure), errors, warnings, findings.count(Severity::info));
  return out;
}

std::string list(std::span<const Finding* const> findings) {
  if (findings.empty()) return {};
  std::string out = "<ul>";
  for (const auto* each : findings) out += "<li>" + mark(*each);
  return out + "</ul>\n";
}

}  // namespace

std::string message_page(std::string_view title, const hl7::Tree& tree, const schema::Findings& findings) {
  const MessageNames names(tree);
  const Marks marks(tree, findings);
  std::string out = heading(title, findings) + list(marks.missing());
  for (std::size_t segment = 0; segment < tree.segment_count(); ++segment) {
    const auto shown = shown_name(tree, segment);
    if (shown.empty()) continue;
    const auto place = names.place(segment);
    out += fmt::format("<h2>{} <span>{}{}{}</span></h2>\n", escaped(shown), escaped(names.title(segment)),
                       place.empty() ? "" : " · ", escaped(place));
    out += list(marks.of(segment)) + "<table>\n";
    for (const auto& leaf : leaves_of(tree, segment, shown)) out += row(leaf, names, marks);
    out += "</table>\n";
  }
  return out + "</body></html>\n";
}

}  // namespace myelin
