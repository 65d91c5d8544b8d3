#include "engine/main/traffic/journal.h"

#include <cerrno>
#include <cstring>

namespace myelin {

Result<Journal> Journal::open(const std::string& path) {
  Journal journal;
  journal.file_.reset(path == "-" ? stdout : std::fopen(path.c_str(), "ab"));
  if (!journal.file_) return fail(FaultCode::io_failed, path + ": " + std::strerror(errno));
  return journal;
}

void Journal::add(std::string_view line) {
  if (!file_) return;
  std::fwrite(line.data(), 1, line.size(), file_.get());
  std::fputc('\n', file_.get());
}

void Journal::flush() {
  if (file_) std::fflush(file_.get());
}

}  // namespace myelin
