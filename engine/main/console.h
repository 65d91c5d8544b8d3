// Console: where a verb writes. It knows whether colour, width and JSON are wanted, and the exit codes.
// Colour only on a terminal, never with NO_COLOR, and never alone: the words say the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/fault.h"

namespace myelin::json {
class Value;
}

namespace myelin {

enum class Exit : int {
  ok = 0,
  not_so = 1,  // what was asked is not so: a mistake, a failed test, no such path
  usage = 2,
  warnings = 3,     // only under --strict
  not_reached = 4,  // the daemon does not answer
  refused = 5,      // the daemon or the peer said no
};

enum class Ink : std::uint8_t { red, green, yellow, blue, grey, bold };

class Console {
 public:
  // `colour` and `width` as the terminal says, unless tests give them.
  Console(std::string verb, bool json);
  Console(std::string verb, bool json, bool colour, int width)
      : verb_(std::move(verb)), json_(json), colour_(colour), width_(width) {}

  bool json() const { return json_; }
  bool colour() const { return colour_; }
  int width() const { return width_; }  // columns; 100 where there is no terminal

  std::string paint(Ink ink, std::string_view text) const;  // as it is without colour

  // To standard output, with a line end. On a terminal control characters of what others wrote are shown, not sent;
  // into a file or a pipe all goes as it is.
  void line(std::string_view text = {}) const;
  void print(const json::Value& value) const;  // one line of JSON to standard output
  void error(std::string_view text) const;     // to standard error: "myelin check: …"; on a terminal as line()
  // The fault with what to do about it, to standard error; the exit code that fits it.
  Exit report(const Fault& fault) const;

 private:
  std::string verb_;
  bool json_;
  bool colour_;
  int width_;
};

// Columns that `text` takes: code points, without colour sequences. cut() shortens to `width` with "…".
std::size_t columns(std::string_view text);
std::string cut(std::string_view text, std::size_t width);

// All of a file, or of standard input for "-". io_failed with the path.
Result<std::string> read_input(const std::string& path);
Result<void> write_output(const std::string& path, std::string_view content);

}  // namespace myelin
