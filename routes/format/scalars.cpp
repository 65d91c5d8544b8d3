#include "routes/format/scalars.h"

#include <algorithm>

namespace myelin::routes {
namespace {

using config::Node;

std::string_view raw_of(const Node& scalar) {
  const auto& extent = scalar.extent();
  return scalar.place().source->content().substr(extent.begin, extent.end - extent.begin);
}

// Reads the same without quotes, outside { } and [ ].
bool plain_reads_so(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("!&*-?:,[]{}#|>@`\"'%~").contains(text.front())) return false;
  return !text.contains(": ") && !text.contains(" #") && text.find_first_of("\n\r\t") == std::string_view::npos;
}

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool needs_no_escape(std::string_view text) { return text.find_first_of("\"\\\n\r\t") == std::string_view::npos; }

bool opens_scalar(const Node& scalar, const Stands& stands) {
  const auto& text = scalar.text();
  if (stands.meaning == Meaning::text) return false;
  if (is_formula(stands, scalar) || text.contains("{{")) return true;
  return is_picking_path(text);
}

}  // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

std::string written(const Node& scalar, const Stands& stands, bool in_flow) {
  const auto raw = raw_of(scalar);
  const auto& text = scalar.text();
  const bool one_line = !raw.contains('\n');
  if (scalar.quoted() && !scalar.block() && !in_flow && one_line && is_formula(stands, scalar) && plain_reads_so(text))
    return text;
  if (!scalar.quoted() && one_line && stands.meaning == Meaning::path && is_picking_path(text) && needs_no_escape(text))
    return in_quotes(text);
  return std::string(raw);
}

std::string written_key(const Node::Entry& entry, const Stands& around, std::string_view content) {
  const auto raw =
      content.substr(entry.value.key_extent().begin, entry.value.key_extent().end - entry.value.key_extent().begin);
  const bool quoted = raw.starts_with('"') || raw.starts_with('\'');
  if (!quoted && around.keys_are_paths() && is_picking_path(entry.key) && needs_no_escape(entry.key))
    return in_quotes(entry.key);
  return std::string(raw);
}

std::string in_one_line(const Node& node, const Stands& stands, std::string_view content) {
  if (node.is_scalar()) return written(node, stands, true);
  std::string inside;
  for (const auto& entry : node.entries()) {
    inside += inside.empty() ? "" : ", ";
    inside += written_key(entry, stands, content) + ": " + in_one_line(entry.value, stands.below(entry.key), content);
  }
  for (const auto& item : node.items()) {
    inside += inside.empty() ? "" : ", ";
    inside += in_one_line(item, stands.item(), content);
  }
  if (node.is_list()) return "[" + inside + "]";
  return inside.empty() ? "{}" : "{ " + inside + " }";
}

bool must_open(const Node& node, const Stands& stands) {
  if (node.is_scalar()) return opens_scalar(node, stands);
  const bool holds = !node.entries().empty() || !node.items().empty();
  if (holds && stands.in_block()) return true;
  for (const auto& entry : node.entries()) {
    if (stands.meaning != Meaning::text && is_picking_path(entry.key)) return true;
    if (must_open(entry.value, stands.below(entry.key))) return true;
  }
  return std::ranges::any_of(node.items(), [&](const Node& item) { return must_open(item, stands.item()); });
}

}  // namespace myelin::routes
