#include "engine/main/workbench/watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace myelin {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF;
constexpr int kQuietMilliseconds = 100;

std::unexpected<Fault> failed(const std::string& what) {
  return fail(FaultCode::io_failed, "cannot watch " + what + ": " + std::strerror(errno));
}

}  // namespace

Result<Watch> Watch::open(const std::string& directory) {
  const int descriptor = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (descriptor < 0) return failed(directory);
  Watch watch(directory, descriptor);
  if (auto added = watch.add_all(); !added) return fail(added);
  return watch;
}

Watch::~Watch() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Adding one that is watched already changes nothing.
Result<void> Watch::add_all() const {
  if (inotify_add_watch(descriptor_, directory_.c_str(), kChanges) < 0) return failed(directory_);
  std::error_code problem;
  for (fs::recursive_directory_iterator at(directory_, problem), end; !problem && at != end; at.increment(problem)) {
    if (!at->is_directory(problem)) continue;
    if (at->path().filename().string().starts_with('.')) at.disable_recursion_pending();
    else if (inotify_add_watch(descriptor_, at->path().c_str(), kChanges) < 0) return failed(at->path().string());
  }
  return {};
}

Result<void> Watch::wait() {
  bool changed = false;
  while (true) {
    pollfd ready{descriptor_, POLLIN, 0};
    const int count = ::poll(&ready, 1, changed ? kQuietMilliseconds : -1);
    if (count < 0 && errno != EINTR) return failed(directory_);
    if (count == 0) return add_all();  // folders may be new
    std::array<char, 4096> events;
    while (::read(descriptor_, events.data(), events.size()) > 0) changed = true;
  }
}

}  // namespace myelin
