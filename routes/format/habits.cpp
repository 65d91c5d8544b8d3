#include "routes/format/habits.h"

#include <algorithm>
#include <array>
#include <vector>

#include "routes/expr/lexer.h"

namespace myelin::routes {
namespace {

using config::Node;

struct Edit {
  std::size_t begin, end;
  std::string text;
};

class Rewriter {
 public:
  explicit Rewriter(std::string_view content) : content_(content) {}

  void walk(const Node& node, const Stands& stands) {
    for (const auto& entry : node.entries()) {
      if (stands.keys_are_paths()) key(entry);
      else quotes(entry.value.key_extent());
      walk(entry.value, stands.below(entry.key));
    }
    for (const auto& item : node.items()) walk(item, stands.item());
    if (node.is_scalar()) scalar(node, stands);
  }

  std::string result() {
    std::ranges::sort(edits_, {}, &Edit::begin);
    std::string out;
    std::size_t from = 0;
    for (const auto& edit : edits_) {
      if (edit.begin < from) continue;
      out.append(content_.substr(from, edit.begin - from)).append(edit.text);
      from = edit.end;
    }
    return out.append(content_.substr(from));
  }

 private:
  std::string_view raw(const config::Extent& extent) const {
    return content_.substr(extent.begin, extent.end - extent.begin);
  }

  void key(const Node::Entry& entry) {
    const auto path = canonical_path(entry.key);
    if (!path || *path == entry.key) return quotes(entry.value.key_extent());
    const bool quoted =
        raw(entry.value.key_extent()).starts_with('"') || raw(entry.value.key_extent()).starts_with('\'');
    edits_.push_back(
        {entry.value.key_extent().begin, entry.value.key_extent().end, quoted ? "\"" + *path + "\"" : *path});
  }

  // 'text' as "text", where the one reads as the other.
  void quotes(const config::Extent& extent) {
    const auto text = raw(extent);
    if (text.size() < 2 || text.front() != '\'' || text.back() != '\'') return;
    const auto inside = text.substr(1, text.size() - 2);
    if (inside.find_first_of("\"\\'\n\r") != std::string_view::npos) return;
    edits_.push_back({extent.begin, extent.end, "\"" + std::string(inside) + "\""});
  }

  void scalar(const Node& node, const Stands& stands) {
    const auto before = edits_.size();
    const auto& text = node.text();
    if (stands.meaning == Meaning::path) {
      if (const auto path = canonical_path(text); path && *path != text) replace(node, 0, text.size(), *path);
    } else if (is_formula(stands, node)) {
      formula(node, stands.meaning == Meaning::condition && !text.starts_with('=') ? 0 : 1, text.size());
    } else if (stands.meaning != Meaning::text) {
      filled(node);
    }
    if (edits_.size() == before) quotes(node.extent());
  }

  // The formulas of "https://portal/{{ PID.3.1 }}/orders".
  void filled(const Node& node) {
    const auto& text = node.text();
    for (std::size_t open = text.find("{{"); open != std::string::npos; open = text.find("{{", open)) {
      const auto close = text.find("}}", open);
      if (close == std::string::npos) return;
      formula(node, open + 2, close);
      open = close;
    }
  }

  void formula(const Node& node, std::size_t begin, std::size_t end) {
    config::Diagnostics ignored;
    expr::Mistakes mistakes(node, begin, ignored);
    const auto text = std::string_view(node.text()).substr(begin, end - begin);
    const auto tokens = expr::tokenize(text, mistakes);
    if (!tokens) return;  // `check` says what is wrong with it
    constexpr std::array<std::string_view, 2> kOthers = {"$original.", "$batch."};
    for (const auto& token : *tokens) {
      const auto* other =
          std::ranges::find_if(kOthers, [&](std::string_view head) { return token.text.starts_with(head); });
      const bool fact = token.kind == expr::Token::Kind::fact && other != kOthers.end();
      if (token.kind != expr::Token::Kind::path && !fact) continue;
      const auto skip = fact ? other->size() : 0;
      const auto typed = std::string_view(token.text).substr(skip);
      const auto path = canonical_path(typed);
      if (path && *path != typed) replace(node, begin + token.offset + skip, typed.size(), *path);
    }
  }

  // `length` bytes of the scalar's text, which stand in the file just so, since no path has an escape or a line end.
  void replace(const Node& node, std::size_t offset, std::size_t length, const std::string& by) {
    const auto* pieces = node.pieces();
    if (!pieces || pieces->empty() || !node.place().source) return;
    auto piece = std::ranges::upper_bound(*pieces, offset, {}, &config::TextPiece::offset);
    if (piece != pieces->begin()) --piece;
    const auto line = node.place().source->line(piece->line);
    const auto begin = static_cast<std::size_t>(line.data() - node.place().source->content().data()) +
                       static_cast<std::size_t>(piece->byte) + (offset - piece->offset);
    if (content_.substr(begin, length) != std::string_view(node.text()).substr(offset, length)) return;
    edits_.push_back({begin, begin + length, by});
  }

  std::string_view content_;
  std::vector<Edit> edits_;
};

}  // namespace

std::string without_habits(std::string_view content, const Node& root) {
  Rewriter rewriter(content);
  rewriter.walk(root, meaning_of_file(root));
  return rewriter.result();
}

}  // namespace myelin::routes
