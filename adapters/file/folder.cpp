#include "adapters/file/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "engine/base/sabotage.h"

namespace myelin::file {
namespace {

constexpr std::size_t kLongestName = 230;  // of 255, for a number and ".fault"
constexpr int kMostNumbers = 100'000;
constexpr std::size_t kCopied = 256 * 1024;  // at once

Identity identity_of(const struct stat& status) {
  Identity identity;
  identity.device = status.st_dev;
  identity.inode = status.st_ino;
  identity.size = status.st_size;
  identity.modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return identity;
}

std::string_view unsuitable(const struct stat& status) {
  if (S_ISLNK(status.st_mode)) return "a symbolic link";
  if (!S_ISREG(status.st_mode)) return "a pipe, a socket or a device, not a file";
  return status.st_nlink == 1 ? "" : "a file with a second name (a hard link) elsewhere";
}

int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

std::string reason(int error) { return std::generic_category().message(error); }

std::unexpected<Fault> Folder::failed(const char* what, int error) const {
  return fail(FaultCode::io_failed, std::string(what) + " in " + path_ + ": " + reason(error));
}

Result<Folder> Folder::open(const std::string& path) {
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return fail(FaultCode::folder_unusable, path + ": " + reason(errno));
  return Folder(std::move(directory), path);
}

Result<Folder> Folder::inside(const std::string& name) const {
  const auto path = path_ + "/" + name;
  if (::mkdirat(descriptor(), name.c_str(), 0770) != 0 && errno != EEXIST)
    return fail(FaultCode::folder_unusable, path + ": " + reason(errno));
  Descriptor directory(::openat(descriptor(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return fail(FaultCode::folder_unusable, path + ": " + reason(errno));
  return Folder(std::move(directory), path);
}

Result<std::vector<Entry>> Folder::list(std::string_view pattern) const {
  const int copy = ::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // with a position of its own
  if (copy < 0) return failed("the list of names", errno);
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
  if (!stream) return failed("the list of names", errno);
  std::vector<Entry> entries;
  while (entries.size() < kMostListed) {
    errno = 0;
    const auto* found = ::readdir(stream.get());
    if (!found && errno != 0) return failed("the list of names", errno);
    if (!found) break;
    const std::string_view name = found->d_name;
    if (name.starts_with('.') || !matches(pattern, name)) continue;
    struct stat status{};
    if (::fstatat(descriptor(), found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone meanwhile
    if (S_ISDIR(status.st_mode)) continue;
    entries.push_back({std::string(name), identity_of(status), unsuitable(status)});
  }
  return entries;
}

Result<std::string> Folder::read(const Entry& entry, std::size_t most) const {
  const Descriptor file(
      ::openat(descriptor(), entry.name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    const int error = errno;
    const bool never = error == EACCES || error == EPERM || error == ELOOP;
    if (!never) return fail(FaultCode::io_failed, reason(error));
    return fail(FaultCode::file_unsuitable, "the engine's user may not read it: " + reason(error));
  }
  struct stat status{};
  if (::fstat(*file, &status) != 0) return failed("a file", errno);
  if (identity_of(status) != entry.identity) return fail(FaultCode::io_failed, "the file is still changing");
  std::string content(std::min(static_cast<std::size_t>(status.st_size), most), '\0');
  std::size_t got = 0;
  while (got < content.size()) {
    const auto count = ::read(*file, content.data() + got, content.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("a file", errno);
    if (count == 0) return fail(FaultCode::io_failed, "the file is still changing");
    got += static_cast<std::size_t>(count);
  }
  return content;
}

bool Folder::still(const Entry& entry) const {
  struct stat status{};
  return ::fstatat(descriptor(), entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
         identity_of(status) == entry.identity;
}

Result<void> Folder::remove(const std::string& name) const {
  if (::unlinkat(descriptor(), name.c_str(), 0) != 0 && errno != ENOENT) return failed("deleting", errno);
  return {};
}

int Folder::rename_new(const std::string& from, const Folder& to, const std::string& as) const {
  if (::renameat2(descriptor(), from.c_str(), to.descriptor(), as.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that call: the second name is made where there is none, then the first is taken away.
  if (::linkat(descriptor(), from.c_str(), to.descriptor(), as.c_str(), 0) != 0) return errno;
  return ::unlinkat(descriptor(), from.c_str(), 0) == 0 ? 0 : errno;
}

// Not rename_new: where a second name must be made first, it would take away another file than the one that it named.
Result<bool> Folder::hold(const std::string& name, const Folder& to) const {
  struct stat status{};
  if (::fstatat(to.descriptor(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
    return failed("moving a file aside, where another of its name still stands", EEXIST);
  if (::renameat(descriptor(), name.c_str(), to.descriptor(), name.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return failed("moving a file aside", errno);
}

Result<std::string> Folder::move(const std::string& name, const Folder& to, const std::string& as) const {
  for (int number = 0; number < kMostNumbers; ++number) {
    auto free = number == 0 ? as : numbered(as, number);
    const int error = rename_new(name, to, free);
    if (error == 0) return free;
    if (error == EXDEV) {
      const auto hidden = "." + as.substr(0, kLongestName) + ".part";
      if (auto copied = copy(name, to, hidden); !copied) return fail(copied);
      auto moved = to.move(hidden, to, as);
      if (!moved) return moved;
      if (auto synced = to.sync(); !synced) return fail(synced);
      if (auto gone = remove(name); !gone) return fail(gone);
      return moved;
    }
    if (error == ENAMETOOLONG && number == 0) continue;
    if (error != EEXIST) return failed("moving a file", error);
  }
  return failed("moving a file", EEXIST);
}

Result<void> Folder::copy(const std::string& name, const Folder& to, const std::string& as) const {
  const Descriptor from(
      ::openat(descriptor(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat before{}, after{};
  if (!from || ::fstat(*from, &before) != 0) return failed("copying a file", errno);
  if (auto cleared = to.remove(as); !cleared) return cleared;
  const Descriptor file(
      ::openat(to.descriptor(), as.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660));
  if (!file) return to.failed("making a file", errno);
  std::string part(kCopied, '\0');
  int error = 0;
  while (error == 0) {
    const auto count = ::read(*from, part.data(), part.size());
    if (count == 0) break;
    if (count < 0) error = errno;
    else error = write_all(*file, std::string_view(part).substr(0, static_cast<std::size_t>(count)));
  }
  if (error == 0 && ::fsync(*file) != 0) error = errno;
  if (error == 0 && (::fstat(*from, &after) != 0 || identity_of(after) != identity_of(before))) error = EAGAIN;
  if (error == 0) return {};
  ::unlinkat(to.descriptor(), as.c_str(), 0);
  return to.failed("copying a file", error);
}

Result<void> Folder::write_new(const std::string& name, std::string_view content) const {
  const Descriptor file(
      ::openat(descriptor(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660));
  if (!file) return failed("making a file", errno);
  if (const int error = write_all(*file, content); error != 0) return failed("writing a file", error);
  if (::fsync(*file) != 0) return failed("writing a file", errno);
  return {};
}

Result<std::string> Folder::put(const std::string& name, std::string_view content) const {
  const auto hidden = "." + name.substr(0, kLongestName) + ".part";
  if (auto cleared = remove(hidden); !cleared) return fail(cleared);  // of an attempt that a crash ended
  if (auto written = write_new(hidden, content); !written) {
    [[maybe_unused]] const auto cleared_again = remove(hidden);
    return fail(written);
  }
  return move(hidden, *this, name);
}

Result<void> Folder::sync() const {
  if (sabotaged(Bug::folder_not_synchronised)) return {};
  if (::fsync(descriptor()) != 0) return failed("writing the directory", errno);
  return {};
}

bool matches(std::string_view pattern, std::string_view name) {
  std::size_t at = 0, in = 0, star = std::string_view::npos, resume = 0;
  while (in < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      resume = in;
    } else if (at < pattern.size() && (pattern[at] == '?' || pattern[at] == name[in])) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      in = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

// From the ends: whether what is left of one and what is left of the other have a name in common.
bool overlap(std::string_view one, std::string_view other) {
  std::vector<char> below(other.size() + 1);
  for (std::size_t i = one.size() + 1; i-- > 0;) {
    std::vector<char> here(other.size() + 1);
    for (std::size_t j = other.size() + 1; j-- > 0;) {
      const bool star = i < one.size() && one[i] == '*', other_star = j < other.size() && other[j] == '*';
      if (i == one.size() && j == other.size()) here[j] = 1;
      if (star && (below[j] != 0 || (j < other.size() && here[j + 1] != 0))) here[j] = 1;
      if (other_star && (here[j + 1] != 0 || (i < one.size() && below[j] != 0))) here[j] = 1;
      if (star || other_star || i == one.size() || j == other.size()) continue;
      const bool same = one[i] == other[j] || one[i] == '?' || other[j] == '?';
      if (same && below[j + 1] != 0) here[j] = 1;
    }
    below = std::move(here);
  }
  return below[0] != 0;
}

std::string numbered(const std::string& name, int number) {
  const auto dot = name.rfind('.');
  const bool kind = dot != std::string::npos && dot > 0 && name.size() - dot < 16;
  const auto end = kind ? name.substr(dot) : std::string();
  return name.substr(0, name.size() - end.size()).substr(0, kLongestName - end.size()) + "." + std::to_string(number) +
         end;
}

}  // namespace myelin::file
