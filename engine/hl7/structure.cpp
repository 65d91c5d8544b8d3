// The grammar of a message structure, read from text in one pass.
#include "engine/hl7/structure.h"

#include <algorithm>

namespace myelin::hl7 {
namespace {

using Kind = StructureNode::Kind;

constexpr int kMaxDepth = 32;

bool is_name(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

class GrammarReader {
 public:
  GrammarReader(std::string_view text, std::vector<StructureNode>& nodes) : text_(text), nodes_(nodes) {}

  bool read() { return sequence(0, '\0', 0) && at_ == text_.size(); }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // Elements up to `end`, as parts of `parent`.
  bool sequence(std::size_t parent, char end, int depth) {
    if (depth > kMaxDepth) return false;
    while (true) {
      while (peek() == ' ') ++at_;
      if (peek() == end) return close(parent);
      if (!options(parent, depth)) return false;
    }
  }

  // One element, or several with commas between them: then they become the parts of a choice.
  bool options(std::size_t parent, int depth) {
    const std::size_t first = nodes_.size();
    if (!element(parent, depth)) return false;
    if (peek() != ',') return true;
    nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(first), StructureNode{});
    nodes_[first].kind = Kind::choice;
    nodes_[first].parent = static_cast<std::uint16_t>(parent);
    for (std::size_t i = first + 1; i < nodes_.size(); ++i) {
      auto& node = nodes_[i];
      node.parent = i == first + 1 ? static_cast<std::uint16_t>(first) : static_cast<std::uint16_t>(node.parent + 1);
      ++node.end;
    }
    while (peek() == ',') {
      ++at_;
      if (!element(first, depth)) return false;
    }
    return close(first);
  }

  bool element(std::size_t parent, int depth) {
    if (nodes_.size() >= kMaxStructureNodes || depth > kMaxDepth) return false;
    const char sign = peek();
    if (sign == '[' || sign == '{') {
      ++at_;
      return bracketed(parent, sign, depth);
    }
    const std::size_t begin = at_;
    while (is_name(peek())) ++at_;
    const std::size_t node = add(parent, text_.substr(begin, at_ - begin));
    if (peek() != '(') {
      auto& segment = nodes_[node];
      segment.code = segment.name == "ANY" ? kAnySegment : segment_code(segment.name);
      return segment.code != 0 && close(node);
    }
    nodes_[node].kind = Kind::group;
    ++at_;
    return sequence(node, ')', depth + 1) && take(')');
  }

  // What stands in brackets is one element or one choice; the brackets are marks on it.
  bool bracketed(std::size_t parent, char sign, int depth) {
    const std::size_t node = nodes_.size();
    if (!options(parent, depth + 1)) return false;
    if (node >= nodes_.size() || nodes_[node].end != nodes_.size()) return false;
    if (sign == '[') nodes_[node].optional = nodes_[node].may_be_empty = true;
    if (sign == '{') nodes_[node].repeats = true;
    return take(sign == '[' ? ']' : '}');
  }

  bool take(char sign) {
    if (peek() != sign || sign == '\0') return false;
    ++at_;
    return true;
  }

  std::size_t add(std::size_t parent, std::string_view name) {
    StructureNode node;
    node.parent = static_cast<std::uint16_t>(parent);
    node.name = name;
    nodes_.push_back(node);
    return nodes_.size() - 1;
  }

  // All parts of the node are known now.
  bool close(std::size_t index) {
    auto& node = nodes_[index];
    node.end = static_cast<std::uint16_t>(nodes_.size());
    if (node.kind == Kind::segment) return true;
    bool all = true;
    bool any = false;
    for (std::size_t i = index + 1; i < node.end; i = nodes_[i].end) {
      all = all && nodes_[i].may_be_empty;
      any = any || nodes_[i].may_be_empty;
    }
    node.may_be_empty = node.optional || (node.kind == Kind::choice ? any : all);
    return node.end > index + 1;  // a group without parts is no group
  }

  std::string_view text_;
  std::vector<StructureNode>& nodes_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Structure> read_structure(std::string_view name, std::string_view grammar) {
  Structure structure;
  structure.name = name;
  // A part is a name of three characters and a space or a bracket at least.
  structure.nodes.reserve(grammar.size() / 4 + 2);
  structure.nodes.emplace_back();
  structure.nodes[0].kind = Kind::group;
  structure.nodes[0].name = name;
  if (!GrammarReader(grammar, structure.nodes).read()) return std::nullopt;
  return structure;
}

bool repeats(const Structure& structure, std::string_view segment) {
  const auto code = segment_code(segment);
  int places = 0;
  for (std::size_t i = 0; i < structure.nodes.size(); ++i) {
    if (structure.nodes[i].code != code || code == 0) continue;
    ++places;
    for (std::size_t at = i; at != 0; at = structure.nodes[at].parent) {
      if (structure.nodes[at].repeats) return true;
    }
  }
  return places > 1;
}

bool holds(const Structure& structure, std::string_view segment_or_group) {
  return std::ranges::any_of(structure.nodes.begin() + 1, structure.nodes.end(),
                             [&](const StructureNode& node) { return node.name == segment_or_group; });
}

}  // namespace myelin::hl7
