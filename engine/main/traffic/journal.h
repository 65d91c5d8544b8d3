// Journal: what `send` and `sink` write down, one line a message, fields separated by tabs, so that a test can hold the
// two against each other. A line is on its way to the kernel when flush() returns; a crash of the machine may lose it.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/fault.h"

namespace myelin {

class Journal {
 public:
  Journal() = default;  // writes nowhere

  // Appends to `path`; "-" is standard output. io_failed.
  static Result<Journal> open(const std::string& path);

  explicit operator bool() const { return file_ != nullptr; }
  void add(std::string_view line);  // without its line end
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file == stdout) std::fflush(file);
      else std::fclose(file);
    }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace myelin
