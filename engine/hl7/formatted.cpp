#include "engine/hl7/formatted.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/markup.h"

namespace myelin::hl7 {
namespace {

constexpr int kMost = 255;  // of lines, spaces and columns: a command with more is a mistake

struct Command {
  std::string_view name;  // "br", "in", "H"
  int number = 0;
  bool numbered = false;
  bool relative = false;  // of .in and .ti: "+4", "-4"
};

// "br", "sp 3", "in+4": a command of two letters behind its point.
std::optional<Command> command_in(std::string_view body) {
  if (body == "H" || body == "N") return Command{body};
  if (body.size() < 3 || body[0] != '.') return std::nullopt;
  Command command{body.substr(1, 2)};
  constexpr std::string_view kAll[] = {"br", "sp", "fi", "nf", "in", "ti", "sk", "ce"};
  if (std::ranges::find(kAll, command.name) == std::end(kAll)) return std::nullopt;
  auto number = body.substr(3);
  while (number.starts_with(' ')) number.remove_prefix(1);
  if (number.empty()) return command;
  command.relative = number[0] == '+' || number[0] == '-';
  if (number[0] == '+') number.remove_prefix(1);
  const auto read = std::from_chars(number.data(), number.data() + number.size(), command.number);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) return std::nullopt;
  command.number = std::clamp(command.number, -kMost, kMost);
  command.numbered = true;
  return command;
}

class Writer {
 public:
  explicit Writer(TextForm form) : form_(form) {}

  void text(char c) {
    if (c == '\r' || c == '\n') return line_end();
    begin_line();
    escaped(c);
  }

  void obey(const Command& command) {
    if (command.name == "H") highlight(true);
    else if (command.name == "N") highlight(false);
    else if (command.name == "br") line_end();
    else if (command.name == "sp") lines(command.numbered ? command.number : 1);
    else if (command.name == "in") set_indent(indent_, command);
    else if (command.name == "ti") temporary_ = set_indent(next_, command);
    else if (command.name == "sk") spaces(command.numbered ? command.number : 1);
    else if (command.name == "ce") centre();
  }

  std::string take() {
    highlight(false);
    end_centre();
    return std::move(out_);
  }

 private:
  // The line ends, and so many are left free.
  void lines(int free) {
    line_end();
    for (int i = 0; i < free; ++i) line_end();
  }

  void line_end() {
    const bool on = highlighted_;
    if (form_ == TextForm::markdown) highlight(false);  // it does not reach over lines
    if (!end_centre()) out_ += form_ == TextForm::html ? "<br>" : form_ == TextForm::markdown ? "  \n" : "\n";
    at_begin_ = true;
    if (form_ == TextForm::markdown) highlighted_ = on;
    open_ = form_ == TextForm::html && open_;
  }

  bool set_indent(int& indent, const Command& command) {
    indent = std::clamp(command.relative ? indent + command.number : command.number, 0, kMost);
    return true;
  }

  void centre() {
    if (!at_begin_ && !out_.empty()) line_end();
    if (form_ != TextForm::html) return;
    out_ += "<div style=\"text-align:center\">";
    centred_ = true;
  }
  bool end_centre() {
    if (!centred_) return false;
    centred_ = false;
    out_ += "</div>";
    return true;
  }

  void begin_line() {
    if (at_begin_) {
      at_begin_ = false;
      spaces(temporary_ ? next_ : indent_);
      temporary_ = false;
    }
    if (highlighted_ && !open_) {
      open_ = true;
      out_ += form_ == TextForm::html ? "<strong>" : form_ == TextForm::markdown ? "**" : "";
    }
  }

  void spaces(int count) {
    for (int i = 0; i < count; ++i) out_ += form_ == TextForm::plain ? " " : "&nbsp;";
  }

  void highlight(bool on) {
    highlighted_ = on;
    if (on || !open_) return;
    open_ = false;
    out_ += form_ == TextForm::html ? "</strong>" : form_ == TextForm::markdown ? "**" : "";
  }

  void escaped(char c) {
    if (form_ == TextForm::html) {
      const auto reference = markup_reference(c);
      if (reference.empty()) out_ += c;
      else out_ += reference;
      return;
    }
    constexpr std::string_view kMarkdown = "\\`*_{}[]<>#+-!|&~";
    if (form_ == TextForm::markdown && kMarkdown.contains(c)) out_ += '\\';
    out_ += c;
  }

  TextForm form_;
  std::string out_;
  int indent_ = 0, next_ = 0;
  bool temporary_ = false;    // the next line is indented by next_
  bool highlighted_ = false;  // what comes is to be
  bool open_ = false;         // what was written is
  bool centred_ = false;
  bool at_begin_ = true;
};

}  // namespace

std::string render_formatted(std::string_view text, TextForm form) {
  Writer writer(form);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\r\n")) continue;
    const auto end = text[at] == '\\' ? text.substr(at + 1, 16).find('\\') : std::string_view::npos;
    const auto command = end == std::string_view::npos ? std::nullopt : command_in(text.substr(at + 1, end));
    if (!command) {
      writer.text(text[at]);
      continue;
    }
    writer.obey(*command);
    at += end + 1;
  }
  return writer.take();
}

}  // namespace myelin::hl7
