// Walks a scalar's text and the file side by side and notes each spot where they fall out of step.
#include "engine/config/yaml_position.h"

#include <algorithm>

namespace myelin::config {

namespace {

bool blank(char byte) { return byte == ' ' || byte == '\t'; }
bool line_end(char byte) { return byte == '\n' || byte == '\r'; }

class Tracer {
 public:
  Tracer(const SourceText& source, std::string_view text) : source_(source), in_(source.content()), text_(text) {}

  // Plain, single quoted and block scalars: characters stand for themselves; where they do not agree, the file has
  // line ends, indentation or the second of two quotes that the text lacks.
  ScalarTrace literal(std::size_t at, bool doubled_quotes) {
    begin_piece(0, at);
    std::size_t done = 0;
    while (done < text_.size() && at < in_.size()) {
      const bool line_over = rest_of_line_is_blank(at);
      if (in_[at] == text_[done] && !(line_over && text_[done] != '\n')) {
        if (doubled_quotes && in_[at] == '\'') ++at;  // '' stands for '
        ++at;
        ++done;
        if (at - done != shift_) begin_piece(done, at);
        continue;
      }
      if (line_over) {
        at = next_text(at);
        if (text_[done] == ' ' || text_[done] == '\n') ++done;
        while (done < text_.size() && text_[done] == '\n') ++done;  // blank lines
      } else if (blank(in_[at])) {
        ++at;
      } else {
        break;  // not what was read: leave the rest at the last known place
      }
      begin_piece(done, at);
    }
    trace_.end = at;
    return trace_;
  }

  ScalarTrace escaped(std::size_t at) {
    begin_piece(0, at);
    std::size_t done = 0;
    while (done < text_.size() && at < in_.size()) {
      if (in_[at] == '\\') {
        const Escape escape = escape_at(at);
        at += escape.in_file;
        done += escape.in_text;
        if (escape.in_text == 0) at = next_text(at);
      } else if (line_end(in_[at]) || (blank(in_[at]) && rest_of_line_is_blank(at))) {
        at = next_text(at);
        while (done < text_.size() && (text_[done] == ' ' || text_[done] == '\n')) ++done;
      } else {
        ++at;
        ++done;
        if (at - done == shift_) continue;
      }
      begin_piece(done, at);
    }
    trace_.end = at;
    return trace_;
  }

 private:
  struct Escape {
    std::size_t in_file, in_text;
  };

  void begin_piece(std::size_t offset, std::size_t at) {
    const LineByte where = line_byte(source_, at);
    if (!trace_.pieces.empty() && trace_.pieces.back().offset == offset) trace_.pieces.pop_back();
    trace_.pieces.push_back(TextPiece{offset, where.line, where.byte});
    shift_ = at - offset;
  }

  // The end of a run of blanks is remembered, so that a long run is walked once.
  bool rest_of_line_is_blank(std::size_t at) {
    if (at < in_.size() && !blank(in_[at])) return line_end(in_[at]);
    if (at < run_begin_ || at >= run_end_) {
      run_begin_ = run_end_ = at;
      while (run_end_ < in_.size() && blank(in_[run_end_])) ++run_end_;
    }
    return run_end_ < in_.size() && line_end(in_[run_end_]);
  }

  std::size_t next_text(std::size_t at) const {
    while (at < in_.size() && (blank(in_[at]) || line_end(in_[at]))) ++at;
    return at;
  }

  Escape escape_at(std::size_t at) const {
    if (at + 1 >= in_.size()) return {1, 1};
    const char kind = in_[at + 1];
    const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (line_end(kind)) return {2, 0};
    if (kind == 'N' || kind == '_') return {2, 2};
    if (kind == 'L' || kind == 'P') return {2, 3};
    if (digits == 0) return {2, 1};
    unsigned long point = 0;
    for (std::size_t i = 0; i < digits && at + 2 + i < in_.size(); ++i) {
      const char digit = in_[at + 2 + i];
      const int value = digit >= '0' && digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
      point = point * 16 + static_cast<unsigned long>(value & 0xF);
    }
    const std::size_t bytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    return {2 + digits, bytes};
  }

  const SourceText& source_;
  std::string_view in_;
  std::string_view text_;
  ScalarTrace trace_;
  std::size_t run_begin_ = 0, run_end_ = 0;
  std::size_t shift_ = 0;  // file position minus text offset, in the piece in hand
};

// The first character of a block's content: behind the header line, blank lines and indentation.
std::size_t block_content(std::string_view in, std::size_t header, std::string_view text) {
  std::size_t at = in.find('\n', header);
  if (at == std::string_view::npos) return in.size();
  ++at;
  const std::size_t leading = text.find_first_not_of(" \n");
  const std::size_t spaces = leading == std::string_view::npos ? 0 : leading - (text.rfind('\n', leading) + 1);
  std::size_t content = at;
  while (content < in.size() && (blank(in[content]) || line_end(in[content]))) ++content;
  if (text.starts_with('\n')) return at;            // leading blank lines are part of the text
  return content - std::min(spaces, content - at);  // so are blanks beyond the indentation
}

}  // namespace

ScalarStyle style_at(std::string_view content, std::size_t begin, bool in_flow) {
  const char first = begin < content.size() ? content[begin] : '\0';
  if (first == '"') return ScalarStyle::double_quoted;
  if (first == '\'') return ScalarStyle::single_quoted;
  if (!in_flow && (first == '|' || first == '>')) return ScalarStyle::block;
  return ScalarStyle::plain;
}

ScalarTrace trace_scalar(const SourceText& source, std::size_t begin, std::string_view text, ScalarStyle style) {
  Tracer tracer(source, text);
  const std::string_view in = source.content();
  switch (style) {
    case ScalarStyle::plain:
      return tracer.literal(begin, false);
    case ScalarStyle::block:
      return tracer.literal(block_content(in, begin, text), false);
    case ScalarStyle::single_quoted:
    case ScalarStyle::double_quoted:
      break;
  }
  const bool is_double = style == ScalarStyle::double_quoted;
  ScalarTrace trace = is_double ? tracer.escaped(begin + 1) : tracer.literal(begin + 1, true);
  while (trace.end < in.size() && in[trace.end] != in[begin]) ++trace.end;
  trace.closed = trace.end < in.size();
  if (trace.closed) ++trace.end;
  return trace;
}

LineByte line_byte(const SourceText& source, std::size_t position) {
  const std::string_view content = source.content();
  position = std::min(position, content.size());
  // Lines are views into the content, in order: the last that does not begin behind the position.
  int low = 1, high = source.line_count();
  while (low < high) {
    const int middle = (low + high + 1) / 2;
    const auto begins = static_cast<std::size_t>(source.line(middle).data() - content.data());
    if (begins <= position) low = middle;
    else high = middle - 1;
  }
  const auto begins = static_cast<std::size_t>(source.line(low).data() - content.data());
  return LineByte{low, static_cast<int>(position - std::min(position, begins))};
}

Place place_at(const std::shared_ptr<const SourceText>& source, std::size_t begin, std::size_t end) {
  const LineByte from = line_byte(*source, begin);
  const std::size_t line_size = source->line(from.line).size();
  const std::size_t size = end > begin ? end - begin : 1;
  const int stop = static_cast<int>(std::min(line_size, static_cast<std::size_t>(from.byte) + size));
  Place place;
  place.source = source;
  place.line = from.line;
  place.column = source->column(from.line, from.byte);
  place.length = std::max(1, source->column(from.line, stop) - place.column);
  return place;
}

}  // namespace myelin::config
