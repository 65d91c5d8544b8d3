#include "routes/format/layout.h"

#include <algorithm>
#include <numeric>

#include "engine/config/yaml_position.h"
#include "routes/format/scalars.h"

namespace myelin::routes {
namespace {

using config::Node;
using Lines = std::vector<std::string>;

constexpr std::size_t kWidth = 120;

// One entry of a map or item of a list, with the lines above it that belong to it.
struct Chunk {
  std::size_t index = 0;
  int from = 0;  // the first line above it that is its own
  int line = 0;  // where it begins
  int end = 0;   // its last line, trailing comments of a nested block among them
};

std::string blanks(std::size_t count) { return std::string(count, ' '); }

class Layout {
 public:
  Layout(const config::SourceText& source, const Node& root)
      : source_(source), content_(source.content()), comments_(comments_of(source, root)) {
    by_line_.resize(static_cast<std::size_t>(source.line_count()) + 2);
    for (const auto& comment : comments_) by_line_[static_cast<std::size_t>(comment.line)] = &comment;
  }

  std::string write(const Node& root) {
    const auto lines = block(root, meaning_of_file(root), 0, 1, source_.line_count() + 1);
    std::string out;
    for (const auto& line : lines) out += line + "\n";
    return out;
  }

 private:
  // --- lines of the file ---

  int line_of(std::size_t byte) const { return config::line_byte(source_, byte).line; }
  int column_of(std::size_t byte) const {
    const auto where = config::line_byte(source_, byte);
    return source_.column(where.line, where.byte) - 1;
  }
  const Comment* comment_in(int line) const { return by_line_[static_cast<std::size_t>(line)]; }
  const Comment* comment_alone(int line) const {
    const auto* comment = comment_in(line);
    return comment && comment->alone ? comment : nullptr;
  }
  bool is_blank(int line) const { return source_.line(line).find_first_not_of(" \r") == std::string_view::npos; }
  std::string_view raw(const config::Extent& extent) const {
    return content_.substr(extent.begin, extent.end - extent.begin);
  }

  // The last line of a value that ends before `limit`; comments that are indented like a block are the block's.
  int end_of(const Node& node, int limit, int around) const {
    const auto& extent = node.extent();
    const int own = line_of(extent.end > extent.begin ? extent.end - 1 : extent.begin);
    const bool nested = !node.is_scalar() && !extent.flow;
    if (!nested) return own;
    const Node* last = node.is_map() ? &node.entries().back().value : &node.items().back();
    const int begins = column_of(extent.begin);
    const int column = std::max(begins, around + 1);  // a list may stand in the column of its key
    int end = std::max(own, end_of(*last, limit, begins));
    for (int line = end + 1; line < limit; ++line) {
      if (is_blank(line)) continue;
      const auto* comment = comment_alone(line);
      if (!comment || comment->column < column) break;
      end = line;
    }
    return end;
  }

  std::vector<Chunk> chunks_of(const Node& node, int from, int limit) const {
    std::vector<Chunk> chunks;
    const auto count = std::max(node.entries().size(), node.items().size());
    const int column = column_of(node.extent().begin);
    const auto begin = [&](std::size_t at) {
      return node.is_map() ? node.entries()[at].value.key_extent().begin : node.items()[at].extent().begin;
    };
    for (std::size_t at = 0; at < count; ++at) {
      const int line = line_of(begin(at));
      const int next = at + 1 < count ? line_of(begin(at + 1)) : limit;
      const auto& value = node.is_map() ? node.entries()[at].value : node.items()[at];
      const int end = std::max(line, end_of(value, next, column));
      chunks.push_back({at, from, line, end});
      from = end + 1;
    }
    return chunks;
  }

  // Comments and blank lines of [from, to), at `indent`; blank ones never twice in a row. In these lines stands nothing
  // else, unless it is the dash of an item that begins below it.
  Lines loose(int from, int to, std::size_t indent) const {
    Lines lines;
    for (int line = from; line < to; ++line) {
      const auto* comment = comment_in(line);
      if (comment) lines.push_back(blanks(indent) + comment->text);
      else if (is_blank(line) && (lines.empty() || !lines.back().empty())) lines.emplace_back();
    }
    return lines;
  }

  static void append(Lines& to, Lines more) {
    to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  static void append_apart(Lines& to, Lines more) {
    const bool doubled = to.empty() || to.back().empty();
    if (doubled && !more.empty() && more.front().empty()) more.erase(more.begin());
    append(to, std::move(more));
  }

  // --- blocks ---

  // A map or list in lines of its own. `from` and `limit`: the lines of the file in which its comments stand; equal
  // where it stood in { } or [ ].
  Lines block(const Node& node, const Stands& stands, std::size_t indent, int from, int limit) {
    const bool opened = node.extent().flow || !node.place().source;
    if (opened) from = limit = 0;
    if (node.is_scalar()) return {blanks(indent) + written(node, stands, false)};
    auto chunks = opened ? plain_chunks(node) : chunks_of(node, from, limit);
    const int end = chunks.empty() ? from : chunks.back().end + 1;
    Lines lines;
    if (!opened && !chunks.empty()) lines = head(chunks.front(), indent);
    if (node.is_map()) sort(chunks, node, stands);
    for (const auto& chunk : chunks) {
      if (!opened) append_apart(lines, loose(chunk.from, chunk.line, indent));
      if (node.is_map()) append(lines, entry(node.entries()[chunk.index], stands, indent, chunk, opened));
      else append(lines, item(node.items()[chunk.index], stands.item(), indent, chunk, opened));
    }
    if (!opened) append_apart(lines, loose(end, limit, indent));
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
  }

  static std::vector<Chunk> plain_chunks(const Node& node) {
    std::vector<Chunk> chunks(std::max(node.entries().size(), node.items().size()));
    for (std::size_t at = 0; at < chunks.size(); ++at) chunks[at].index = at;
    return chunks;
  }

  // What stands above the first key with a blank line between speaks of the whole, and stays on top.
  Lines head(Chunk& first, std::size_t indent) const {
    int last_blank = 0;
    bool any = false;
    for (int line = first.from; line < first.line; ++line) {
      if (comment_alone(line)) any = any || last_blank == 0;
      else if (is_blank(line) && any) last_blank = line;
    }
    if (!any || last_blank == 0) return {};
    auto lines = loose(first.from, last_blank + 1, indent);
    if (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
    first.from = last_blank + 1;
    return lines;
  }

  static void sort(std::vector<Chunk>& chunks, const Node& node, const Stands& stands) {
    const auto rank = [&](const Chunk& chunk) { return stands.rank(node.entries()[chunk.index].key).value_or(0); };
    std::ranges::sort(chunks, [&](const Chunk& a, const Chunk& b) {
      return std::pair(rank(a), a.index) < std::pair(rank(b), b.index);
    });
  }

  Lines entry(const Node::Entry& entry, const Stands& around, std::size_t indent, const Chunk& chunk, bool opened) {
    const auto stands = around.below(entry.key);
    const auto start = blanks(indent) + written_key(entry, around, content_) + ":";
    const auto& value = entry.value;
    Lines lines = inner_comments(value, indent, opened);
    if (value.is_scalar()) {
      append(lines, scalar(start + " ", value, stands, indent, column_of(entry.value.key_extent().begin), opened));
      return lines;
    }
    const bool empty = value.items().empty() && value.entries().empty();
    if (value.extent().flow || empty) {
      const auto line = start + " " + in_one_line(value, stands, content_);
      if (empty || (!must_open(value, stands) && (width_of(line) <= kWidth || plain_list(value)))) {
        auto flowing = wrapped(line, indent + 2);
        flowing.back() = with_comment(flowing.back(), value.extent().end, opened);
        append(lines, std::move(flowing));
        return lines;
      }
      lines.push_back(with_comment(start, value.extent().end, opened));
    } else {
      lines.push_back(with_comment(start, entry.value.key_extent().end, opened));
    }
    append(lines, block(value, stands, indent + 2, chunk.line + 1, chunk.end + 1));
    return lines;
  }

  Lines item(const Node& item, const Stands& stands, std::size_t indent, const Chunk& chunk, bool opened) {
    Lines lines = inner_comments(item, indent, opened);
    const auto start = blanks(indent) + "- ";
    if (item.is_scalar()) {
      append(lines, scalar(start, item, stands, indent, static_cast<int>(indent), opened));
      return lines;
    }
    const bool empty = item.items().empty() && item.entries().empty();
    if (item.extent().flow || empty) {
      const auto line = start + in_one_line(item, stands, content_);
      if (empty || (!must_open(item, stands) && (width_of(line) <= kWidth || plain_list(item)))) {
        auto flowing = wrapped(line, indent + 2);
        flowing.back() = with_comment(flowing.back(), item.extent().end, opened);
        append(lines, std::move(flowing));
        return lines;
      }
    }
    auto inside = block(item, stands, indent + 2, chunk.line, chunk.end + 1);
    // Comments of what is now its first key go above the dash.
    std::size_t first = 0;
    while (first < inside.size() && inside[first].find_first_not_of(' ') != std::string::npos &&
           inside[first][inside[first].find_first_not_of(' ')] == '#') {
      lines.push_back(inside[first].substr(2));
      ++first;
    }
    if (first < inside.size()) inside[first].replace(indent, 2, "- ");
    lines.insert(lines.end(), inside.begin() + static_cast<std::ptrdiff_t>(first), inside.end());
    return lines;
  }

  // --- comments beside and inside values ---

  // Comments between the brackets of a { } or [ ] of several lines stand above it from now on.
  Lines inner_comments(const Node& node, std::size_t indent, bool opened) const {
    Lines lines;
    const auto& extent = node.extent();
    if (opened || node.is_scalar() || !extent.flow) return lines;
    for (const auto& comment : comments_)
      if (comment.begin > extent.begin && comment.begin < extent.end) lines.push_back(blanks(indent) + comment.text);
    return lines;
  }

  // The comment behind byte `end` of the file, in the column in which it stood if that is still free.
  std::string with_comment(std::string line, std::size_t end, bool opened) const {
    if (opened) return line;
    const int number = line_of(end);
    const auto found = std::ranges::lower_bound(comments_, end, {}, &Comment::begin);
    if (found == comments_.end() || found->line != number || found->alone) return line;
    const auto column = std::max(static_cast<std::size_t>(found->column), width_of(line) + 2);
    return line + blanks(column - width_of(line)) + found->text;
  }

  // --- scalars ---

  Lines scalar(const std::string& start, const Node& node, const Stands& stands, std::size_t indent, int old_column,
               bool opened) const {
    if (node.block()) return block_scalar(start, node, indent, old_column);
    const auto text = written(node, stands, false);
    if (!text.contains('\n')) return {with_comment(start + text, node.extent().end, opened)};
    Lines lines;
    std::size_t from = 0;
    while (from <= text.size()) {
      const auto to = std::min(text.find('\n', from), text.size());
      auto part = text.substr(from, to - from);
      part.erase(part.find_last_not_of(" \r") + 1);
      part.erase(0, part.find_first_not_of(' '));
      if (lines.empty()) lines.push_back(start + part);
      else lines.push_back(part.empty() ? part : blanks(indent + 2) + part);
      from = to + 1;
    }
    lines.back() = with_comment(lines.back(), node.extent().end, opened);
    return lines;
  }

  // | and >: the content moves as a whole.
  Lines block_scalar(const std::string& start, const Node& node, std::size_t indent, int old_column) const {
    const auto& extent = node.extent();
    const int first = line_of(extent.begin), last = line_of(extent.end - 1);
    const auto header_end = std::min(content_.find('\n', extent.begin), content_.size());
    auto header = std::string(content_.substr(extent.begin, header_end - extent.begin));
    header.erase(header.find_last_not_of(" \r") + 1);
    const bool told = header.substr(0, header.find(' ')).find_first_of("123456789") != std::string::npos;
    std::size_t least = std::string::npos;
    for (int line = first + 1; line <= last; ++line)
      if (!is_blank(line)) least = std::min(least, source_.line(line).find_first_not_of(' '));
    Lines lines = {start + header};
    for (int line = first + 1; line <= last; ++line) {
      auto text = source_.line(line);
      if (is_blank(line)) {
        lines.emplace_back();
        continue;
      }
      const auto away = told ? static_cast<std::size_t>(std::max(old_column, 0)) : least;
      text.remove_prefix(std::min(away, text.size()));
      lines.push_back(blanks(told ? indent : indent + 2) + std::string(text));
    }
    return lines;
  }

  // --- long lists of words ---

  static bool plain_list(const Node& node) {
    return node.is_list() && std::ranges::all_of(node.items(), [](const Node& item) { return item.is_scalar(); });
  }

  // [A, B, …] that is too long for a line goes on below, after a comma.
  static Lines wrapped(std::string line, std::size_t indent) {
    Lines lines;
    while (width_of(line) > kWidth) {
      const auto open = line.find('[');
      const auto comma = line.rfind(", ", kWidth - 1);
      if (open == std::string::npos || comma == std::string::npos || comma < open) break;
      if (!lines.empty() && comma <= indent) break;
      lines.push_back(line.substr(0, comma + 1));
      line = blanks(indent) + line.substr(comma + 2);
      if (!line.contains(']')) break;
    }
    lines.push_back(std::move(line));
    return lines;
  }

  const config::SourceText& source_;
  std::string_view content_;
  std::vector<Comment> comments_;
  std::vector<const Comment*> by_line_;
};

}  // namespace

std::string laid_out(const config::SourceText& source, const Node& root) { return Layout(source, root).write(root); }

}  // namespace myelin::routes
