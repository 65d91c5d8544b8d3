#include "engine/main/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "engine/base/printable.h"
#include "engine/fhir/json.h"

namespace myelin {

namespace {

bool colour_wanted() {
  const char* const no_colour = std::getenv("NO_COLOR");
  if (no_colour && *no_colour) return false;
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && !(terminal && std::string_view(terminal) == "dumb");
}

// COLUMNS first, as everywhere: who pipes says with it how wide a line may be.
int terminal_width() {
  const char* const said = std::getenv("COLUMNS");
  int columns = 0;
  if (said && std::from_chars(said, said + std::strlen(said), columns).ec == std::errc{} && columns >= 40)
    return columns;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40) return size.ws_col;
  return 100;
}

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

Console::Console(std::string verb, bool json)
    : verb_(std::move(verb)), json_(json), colour_(colour_wanted()), width_(terminal_width()) {}

std::string Console::paint(Ink ink, std::string_view text) const {
  if (!colour_) return std::string(text);
  static constexpr std::array<std::string_view, 6> kCodes = {"31", "32", "33", "34", "90", "1"};
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(ink)], text);
}

void Console::line(std::string_view text) const {
  static const bool terminal = isatty(STDOUT_FILENO) == 1;
  std::string shown;
  if (terminal) text = shown = printable_lines(text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

void Console::print(const json::Value& value) const { line(json::write(value)); }

void Console::error(std::string_view text) const {
  std::fflush(stdout);
  static const bool terminal = isatty(STDERR_FILENO) == 1;
  const auto message = fmt::format("myelin {}: {}\n", verb_, terminal ? printable_lines(text) : text);
  std::fwrite(message.data(), 1, message.size(), stderr);
}

Exit Console::report(const Fault& fault) const {
  error(fmt::format("{}\n  `myelin explain {}` says what it means and what to do.", to_string(fault),
                    entry(fault.code).id));
  switch (fault.code) {
    case FaultCode::daemon_not_reached:
      return Exit::not_reached;
    case FaultCode::not_permitted:
    case FaultCode::wrong_state:
    case FaultCode::stopping:
      return Exit::refused;
    case FaultCode::bad_request:
      return Exit::usage;
    default:
      return Exit::not_so;
  }
}

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = std::min(text.find('m', i), text.size() - 1);
      continue;
    }
    if (!continuation(text[i])) ++count;
  }
  return count;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width || width == 0) return std::string(text);
  std::size_t shown = 0, at = 0;
  while (at < text.size() && (shown + 1 < width || continuation(text[at]))) shown += continuation(text[at++]) ? 0 : 1;
  while (at < text.size() && continuation(text[at])) ++at;
  return std::string(text.substr(0, at)) + "…";
}

Result<std::string> read_input(const std::string& path) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  const auto failed = [&] { return fail(FaultCode::io_failed, path + ": " + std::strerror(errno)); };
  if (!file) return failed();
  std::string content;
  std::array<char, 65536> block;
  while (const auto count = std::fread(block.data(), 1, block.size(), file.get())) content.append(block.data(), count);
  if (std::ferror(file.get())) return failed();
  return content;
}

Result<void> write_output(const std::string& path, std::string_view content) {
  const File file(std::fopen(path.c_str(), "wb"));
  const bool written = file && std::fwrite(content.data(), 1, content.size(), file.get()) == content.size();
  if (!written || std::fflush(file.get()) != 0) return fail(FaultCode::io_failed, path + ": " + std::strerror(errno));
  return {};
}

}  // namespace myelin
