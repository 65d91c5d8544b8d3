// The one file that includes yaml-cpp. Its event parser is used, not YAML::Node, which drops duplicate keys, order,
// styles and the file's own text; what it accepts and the language does not is refused here.
#include "engine/config/node.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/config/yaml_hints.h"
#include "engine/config/yaml_position.h"

namespace myelin::config {

namespace {

constexpr int kMaxMistakes = 100;

class Loader final : public YAML::EventHandler {
 public:
  Loader(std::shared_ptr<const SourceText> source, Diagnostics& diagnostics)
      : source_(std::move(source)), diagnostics_(diagnostics) {}

  Node take_root() { return std::move(root_); }
  bool something() const { return something_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (too_deep_ > 0) return;
    const std::size_t at = position(mark);
    if (const auto word = null_word(at); !word.empty()) return OnScalar(mark, "?", anchor, std::string(word));
    const bool marked = properties(at, {}, anchor);
    if (expects_key()) {
      report("C0065", place(at, at + 1), "a key is missing here", "write KEY: VALUE");
      return take_key(std::string(), place(at, at + 1), at);
    }
    if (!marked) report_empty(at);
    add(Node());
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (too_deep_ > 0) return;
    const std::size_t at = position(mark);
    report_word("C0052", at, "YAML reads this as an alias, which the language does not have");
    if (expects_key()) return take_key(std::string(), place(at, at + 1), at);
    add(Node());
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (too_deep_ > 0) return;
    const std::size_t at = position(mark);
    if (properties(at, tag, anchor)) {
      if (expects_key()) return take_key(std::string(), place(at, at + 1), at);
      return add(Node());
    }
    const ScalarStyle style = style_at(source_->content(), at, in_flow());
    ScalarTrace trace = trace_scalar(*source_, at, value, style);
    if (!trace.closed) report("C0071", place(at, at + 1), "this quote is never closed");
    if (expects_key()) return take_key(value, place(at, trace.end), at, trace.end);
    add(scalar(value, at, style, std::move(trace)));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(Node::Kind::list, mark, tag, anchor, style);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(Node::Kind::map, mark, tag, anchor, style);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Node::Kind kind;
    Place place;
    bool flow;
    std::size_t begin;
    std::vector<Node> items = {};
    std::vector<Node::Entry> entries = {};
    std::unordered_map<std::string, int> lines = {};  // of the keys so far
    bool has_key = false;                             // a key waits for its value
    bool keep = true;                                 // … which is kept: the key is no mistake
    std::size_t key_at = 0, key_end = 0;
  };

  // A file with so many mistakes is no configuration; the first ones tell.
  void report(std::string_view code, const Place& where, std::string message, std::string hint = {}) {
    if (++said_ <= kMaxMistakes) diagnostics_.add(code, where, std::move(message), std::move(hint));
  }

  std::size_t position(const YAML::Mark& mark) const {
    return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), source_->content().size());
  }
  Place place(std::size_t begin, std::size_t end) const { return place_at(source_, begin, end); }
  bool in_flow() const { return !frames_.empty() && frames_.back().flow; }
  bool expects_key() const {
    return !frames_.empty() && frames_.back().kind == Node::Kind::map && !frames_.back().has_key;
  }

  // yaml-cpp says "null" for ~ and null as well as for nothing at all; the text as typed tells them apart.
  std::string_view null_word(std::size_t at) const {
    if (!frames_.empty() && frames_.back().has_key && frames_.back().key_at == at) return {};  // the key itself
    const std::string_view rest = source_->content().substr(at);
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (!rest.starts_with(word)) continue;
      const std::string_view after = rest.substr(word.size());
      const bool is_key = after.starts_with(':') && (after.size() == 1 || after[1] == ' ' || after[1] == '\n');
      if (is_key && !expects_key()) return {};
      if (is_key || after.empty() || std::string_view(" \r\n,]}#").find(after[0]) != std::string_view::npos)
        return word;
    }
    return {};
  }

  // The word at `at`, up to a blank or bracket; its quoted form is the hint.
  void report_word(std::string_view code, std::size_t at, std::string message) {
    const std::string_view rest = source_->content().substr(at);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \r\n,]}"));
    const std::string_view shown = word.empty() ? rest.substr(0, 1) : word;
    report(code, place(at, at + shown.size()), std::move(message), "as text, write " + quoted_form(shown));
  }

  void report_tag(std::size_t at) {
    constexpr std::string_view kMessage = "YAML reads this as a tag, which the language does not have";
    const std::string_view rest = source_->content().substr(at);
    const std::size_t bracket = rest.find_first_of(" \r\n(");
    const bool negates = rest.starts_with('!') && bracket != std::string_view::npos && rest[bracket] == '(';
    if (!negates) return report_word("C0054", at, std::string(kMessage));
    const std::string_view line = rest.substr(0, rest.find_first_of("\r\n"));
    report("C0054", place(at, at + 1), std::string(kMessage),
           "in a formula say not " + std::string(line.substr(1, 60)));
  }

  // Anchors and tags. True: there was one.
  bool properties(std::size_t at, const std::string& tag, YAML::anchor_t anchor) {
    const std::string_view rest = source_->content().substr(at);
    const bool tagged = (!tag.empty() && tag != "?" && tag != "!") || rest.starts_with('!');
    if (tagged) {
      report_tag(at);
    } else if (anchor != 0) {
      report_word("C0052", at, "YAML reads this as an anchor, which the language does not have");
    }
    return tagged || anchor != 0;
  }

  void report_empty(std::size_t at) {
    if (frames_.empty()) {
      report("C0064", Place{source_, 0, 0, 1}, "the file is empty");
      return;
    }
    const Frame& frame = frames_.back();
    if (frame.kind == Node::Kind::list) {
      // The parser stands at what comes next; the dash is before it.
      const std::size_t dash = frame.flow ? at : source_->content().substr(0, at).rfind('-');
      const std::size_t from = dash == std::string_view::npos ? at : dash;
      report("C0063", place(from, from + 1), "an item without a value", "for an empty text say \"\"");
      return;
    }
    const Node::Entry& entry = frame.entries.back();
    if (frame.flow && frame.key_end > 0) {
      const std::size_t next = source_->content().find_first_not_of(" \r\n", frame.key_end);
      const bool colon = next != std::string_view::npos && source_->content()[next] == ':';
      const bool bracket = next == frame.key_end && source_->content()[next] == '[';  // a path: that is told apart
      if (!colon) return bracket ? void() : report_comma(frame, entry);
    }
    const std::string_view line = source_->line(entry.key_place.line);
    const std::size_t comment = line.find(" #");
    std::string hint = "for an empty text say " + entry.key + ": \"\"";
    if (comment != std::string_view::npos && line.find(": ") == comment - 1)
      hint = "# begins a comment; as text, write " + quoted_form(line.substr(comment + 1));
    report("C0063", entry.key_place, "'" + entry.key + "' has no value", std::move(hint));
  }

  // { drop: no allergies, please } is two keys to YAML, and the second has no value.
  void report_comma(const Frame& frame, const Node::Entry& entry) {
    std::string hint = "write KEY: VALUE";
    if (frame.entries.size() > 1) {
      const Node::Entry& before = frame.entries[frame.entries.size() - 2];
      if (before.value.is_scalar())
        hint = "write " + before.key + ": " + quoted_form(before.value.text() + ", " + entry.key);
    }
    report("C0061", entry.key_place, "inside { } a comma begins a new key, and this one has no value", std::move(hint));
  }

  Node scalar(const std::string& value, std::size_t at, ScalarStyle style, ScalarTrace trace) {
    if (style == ScalarStyle::block) {
      Place where = place(at, at + 1);
      if (value.find_first_not_of(" \n") == std::string::npos) {
        report("C0062", where, "this block of text is empty", "for an empty text say \"\"");
        return Node();
      }
      if (!trace.pieces.empty()) {
        where.line = trace.pieces.front().line;
        where.column = source_->column(where.line, trace.pieces.front().byte);
      }
      Node block = Node::scalar(value, where, true, true, std::move(trace.pieces));
      const std::size_t last = source_->content().find_last_not_of(" \r\n", trace.end - 1);
      block.stands_at({at, last + 1, false});
      return block;
    }
    const Place where = place(at, trace.end);
    if (style == ScalarStyle::plain) check_cut_short(value, trace.end);
    Node text = Node::scalar(value, where, style != ScalarStyle::plain, false, std::move(trace.pieces));
    text.stands_at({at, trace.end, in_flow()});
    return text;
  }

  // The rule: behind an unquoted value a comment stands after at least two blanks. ` #` after one blank is taken for
  // text that YAML would cut off (`Ward #4`).
  void check_cut_short(const std::string& value, std::size_t end) {
    const std::string_view rest = source_->content().substr(end);
    if (!rest.starts_with(" #")) return;
    std::string_view comment = rest.substr(0, rest.find_first_of("\r\n"));
    report("C0060", place(end + 1, end + 2), "YAML cuts the value off at ' #'",
           "write " + quoted_form(value + std::string(comment)) + ", or two blanks before a comment");
  }

  void take_key(std::string key, const Place& where, std::size_t at, std::size_t end = 0) {
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key_at = at;
    frame.key_end = end;
    frame.keep = true;
    if (key == "<<") {
      report("C0053", where, "merge keys are not part of the language",
             "shared steps go into conf/blocks/ and are named with use:");
      frame.keep = false;
    } else if (!key.empty()) {
      const auto [known, fresh] = frame.lines.try_emplace(key, where.line);
      if (!fresh) {
        report("C0051", where, "'" + key + "' is given twice", "the first is in line " + std::to_string(known->second));
        frame.keep = false;
      }
    } else {
      const bool quoted =
          at < source_->content().size() && (source_->content()[at] == '"' || source_->content()[at] == '\'');
      if (quoted) report("C0065", where, "a key is empty", "write KEY: VALUE");
      frame.keep = false;
    }
    frame.entries.push_back(Node::Entry{std::move(key), where, Node()});
  }

  void add(Node node) {
    something_ = true;
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.kind == Node::Kind::list) {
      frame.items.push_back(std::move(node));
      return;
    }
    if (!node) node = Node::missing(frame.entries.back().key_place);
    node.stands_under({frame.key_at, std::max(frame.key_at, frame.key_end), false});
    frame.entries.back().value = std::move(node);
    if (!frame.keep) frame.entries.pop_back();
    frame.has_key = false;
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YAML::EmitterStyle::value style) {
    if (too_deep_ > 0) {
      ++too_deep_;
      return;
    }
    const std::size_t at = position(mark);
    properties(at, tag, anchor);
    if (frames_.size() >= kMaxConfigDepth) {
      if (!said_too_deep_) report("C0058", place(at, at + 1), "this is nested deeper than 64 levels");
      said_too_deep_ = true;
      too_deep_ = 1;
      return;
    }
    if (expects_key()) {
      report("C0065", place(at, at + 1), "a key must be a word", "write KEY: VALUE, and quote what has brackets");
      frames_.back().has_key = true;
      frames_.back().keep = false;
      frames_.back().key_at = at;
      frames_.back().entries.push_back(Node::Entry{std::string(), place(at, at + 1), Node()});
      key_depth_.push_back(frames_.size());
    }
    frames_.push_back(Frame{kind, place(at, at + 1), style == YAML::EmitterStyle::Flow, at});
  }

  void close() {
    if (too_deep_ > 1) {
      --too_deep_;
      return;
    }
    if (too_deep_ == 1) {
      too_deep_ = 0;
      if (expects_key()) return take_key(std::string(), frames_.back().place, std::string_view::npos);
      return add(Node());
    }
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    // A list or map that stood where a key should be is gone; its value comes next.
    if (!key_depth_.empty() && key_depth_.back() == frames_.size()) {
      key_depth_.pop_back();
      return;
    }
    const Extent extent{frame.begin, end_of(frame), frame.flow};
    Node node = frame.kind == Node::Kind::list ? Node::list(std::move(frame.items), frame.place)
                                               : Node::map(std::move(frame.entries), frame.place);
    node.stands_at(extent);
    add(std::move(node));
  }

  // Behind the last child; of { } and [ ] behind the bracket that closes them.
  std::size_t end_of(const Frame& frame) const {
    std::size_t end = frame.flow ? frame.begin + 1 : frame.begin;
    if (!frame.items.empty()) end = std::max(end, frame.items.back().extent().end);
    if (!frame.entries.empty())
      end = std::max({end, frame.entries.back().value.key_extent().end, frame.entries.back().value.extent().end});
    if (!frame.flow) return end;
    const std::string_view content = source_->content();
    while (end < content.size() && content[end] != '}' && content[end] != ']')
      end = content[end] == '#' ? std::min(content.find('\n', end), content.size()) : end + 1;
    return std::min(end + 1, content.size());
  }

  std::shared_ptr<const SourceText> source_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> key_depth_;  // sizes of frames_ at which a key that is no word is open
  Node root_;
  std::size_t too_deep_ = 0;
  int said_ = 0;
  bool said_too_deep_ = false;
  bool something_ = false;
};

// Takes the events of what follows the one document.
class SecondDocument final : public YAML::EventHandler {
 public:
  YAML::Mark start;
  void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

void refuse_second(const std::shared_ptr<const SourceText>& source, const YAML::Mark& mark, Diagnostics& diagnostics) {
  std::size_t at = mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
  const std::string_view content = source->content();
  at = std::min(at, content.size());
  const std::size_t divider = content.substr(0, std::min(content.size(), at + 3)).rfind("\n---");
  const bool divided = content.substr(at).starts_with("---") || divider != std::string_view::npos;
  if (divided && !content.substr(at).starts_with("---")) at = divider + 1;
  if (divided) {
    diagnostics.add("C0056", place_at(source, at, at + 3), "a second document begins here", "one file, one document");
  } else {
    diagnostics.add("C0050", place_at(source, at, at + 1), "this does not belong to what stands above",
                    "look at the indentation: keys of one map begin in the same column");
  }
}

}  // namespace

Node load_yaml(const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics) {
  if (!scan_raw(source, diagnostics)) return Node();
  std::istringstream stream{std::string(source->content())};
  Diagnostics met;
  Loader loader(source, met);
  try {
    YAML::Parser parser(stream);
    SecondDocument second;
    if (!parser.HandleNextDocument(loader)) met.add("C0064", Place{source, 0, 0, 1}, "the file is empty");
    else if (parser.HandleNextDocument(second)) refuse_second(source, second.start, met);
  } catch (const YAML::Exception& mistake) {
    const auto at = static_cast<std::size_t>(std::max(mistake.mark.pos, 0));
    explain_parse_error(source, at, mistake.msg, met, diagnostics);
    return Node();
  }
  append(met, kAllLines, diagnostics);
  return loader.take_root();
}

}  // namespace myelin::config
