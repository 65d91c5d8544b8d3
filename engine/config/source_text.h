// SourceText: one configuration file as read, and Place: a spot in it. Every value that comes from a file keeps its
// Place, so that a mistake can be shown with file, line, column and a caret, and a fault at run time names its line.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::config {

class SourceText {
 public:
  SourceText(std::string path, std::string content);

  // At most 1 MiB; io_failed when it cannot be read. `path` is kept as given, for display.
  static Result<std::shared_ptr<const SourceText>> read(const std::string& path);

  const std::string& path() const { return path_; }
  std::string_view content() const { return content_; }
  int line_count() const { return static_cast<int>(starts_.size()); }
  // 1-based; without its line end; empty beyond the last line.
  std::string_view line(int number) const;
  // 1-based display column of the 0-based byte `byte` of a line: what an editor shows (UTF-8 counted by code point).
  int column(int line_number, int byte) const;

 private:
  std::string path_;
  std::string content_;
  // Characters (UTF-8 code points) before byte `at`. Counted from the nearest mark, so that a line of a megabyte costs
  // no more than a short one.
  std::size_t characters_before(std::size_t at) const;

  std::vector<std::size_t> starts_;
  std::vector<std::size_t> marks_;  // characters before each 256th byte
};

// line 0 means "the file as a whole". length is in display columns, for the caret line.
struct Place {
  std::shared_ptr<const SourceText> source;
  int line = 0;
  int column = 0;
  int length = 1;
};

// "conf/channels/adt.yaml:9:14"; just the path when line is 0; empty without a source.
std::string to_string(const Place& place);

// The place `offset` columns further right on the same line: a token inside a scalar.
Place within(const Place& scalar, int offset, int length);

}  // namespace myelin::config
