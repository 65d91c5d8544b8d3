#include "adapters/file/claim.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <list>
#include <map>
#include <mutex>

namespace myelin::file {
namespace {

using Directory = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

struct Held {
  Descriptor lock;
  std::list<std::string> patterns;
};

// Of this process. The mutex is held while a lock is let go, so that a successor finds it free.
struct Register {
  std::mutex mutex;
  std::map<Directory, Held> held;
};

Register& known() {
  static Register instance;
  return instance;
}

Directory directory_of(const Folder& folder) {
  struct stat status{};
  if (::fstat(folder.descriptor(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

struct Claim::Holder {
  Holder(Directory of, std::list<std::string>::iterator entry) : directory(of), pattern(entry) {}
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    const std::scoped_lock lock(known().mutex);
    const auto found = known().held.find(directory);
    found->second.patterns.erase(pattern);
    if (found->second.patterns.empty()) known().held.erase(found);
  }

  Directory directory;
  std::list<std::string>::iterator pattern;
};

Result<Claim> Claim::on(const Folder& folder, std::string pattern) {
  const auto directory = directory_of(folder);
  const std::scoped_lock lock(known().mutex);
  auto found = known().held.find(directory);
  if (found == known().held.end()) {
    Descriptor own(::openat(folder.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own || (::flock(*own, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK))
      return fail(FaultCode::folder_unusable,
                  folder.path() + ": another engine takes files out of it; two would take each file twice");
    found = known().held.emplace(directory, Held{std::move(own), {}}).first;
  }
  auto& patterns = found->second.patterns;
  for (const auto& other : patterns) {
    if (!overlap(other, pattern)) continue;
    auto detail = folder.path() + ": another source takes `";
    detail.append(other).append("` out of it, and `").append(pattern).append("` would take some of the same files");
    return fail(FaultCode::folder_unusable, std::move(detail));
  }
  patterns.push_front(std::move(pattern));
  return Claim(std::make_shared<Holder>(directory, patterns.begin()));
}

bool Claim::is_on(const Folder& folder) const { return holder_ && holder_->directory == directory_of(folder); }

}  // namespace myelin::file
