#include "engine/main/workbench/examination.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "engine/main/client/text.h"

namespace myelin {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

constexpr int kWrites = 20;
constexpr auto kSlow = std::chrono::milliseconds(10), kTooSlow = std::chrono::milliseconds(50);
constexpr std::uint64_t kDescriptors = 4096;
constexpr std::int64_t kGiB = std::int64_t(1) << 30;

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_running_daemon(const fs::path& process) {
  const auto words = content_of(process / "cmdline");
  return content_of(process / "comm") == "myelin\n" && words.contains(std::string("\0run\0", 5));
}

// "Max open files            65536                524288               files"
std::optional<std::uint64_t> descriptors_of(const fs::path& process) {
  const auto limits = content_of(process / "limits");
  constexpr std::string_view kName = "Max open files";
  const auto line = limits.find(kName);
  if (line == std::string::npos) return std::nullopt;
  const auto digits = limits.find_first_of("0123456789", line);
  std::uint64_t soft = 0;
  std::from_chars(limits.data() + digits, limits.data() + limits.size(), soft);
  return soft;
}

bool is_private_key(const fs::path& path) {
  const auto extension = path.extension();
  return (extension == ".key" || extension == ".pem") && content_of(path).contains("PRIVATE KEY");
}

// Writes and waits, kWrites times; the median. Nothing where it may not.
std::optional<std::chrono::microseconds> time_of_sync(const std::string& directory) {
  using Clock = std::chrono::steady_clock;
  const auto path = directory + "/.doctor-" + std::to_string(::getpid());
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return std::nullopt;
  std::vector<Clock::duration> times;
  const std::array<char, 4096> page{};
  bool good = true;
  for (int at = 0; at < kWrites && good; ++at) {
    const auto began = Clock::now();
    good = ::write(file, page.data(), page.size()) == static_cast<ssize_t>(page.size()) && ::fdatasync(file) == 0;
    times.push_back(Clock::now() - began);
  }
  ::close(file);
  ::unlink(path.c_str());
  if (!good) return std::nullopt;
  std::ranges::sort(times);
  return std::chrono::duration_cast<std::chrono::microseconds>(times[times.size() / 2]);
}

}  // namespace

std::string_view name_of(Finding::Level level) {
  return level == Level::ok ? "ok" : level == Level::warning ? "warning" : "trouble";
}

Finding examine_store(const std::string& directory) {
  struct stat entry{};
  if (::stat(directory.c_str(), &entry) != 0 || !S_ISDIR(entry.st_mode))
    return {Level::trouble, "store", directory + " is no directory",
            "`myelin run` makes it at its first start; else look at store.path of myelin.yaml"};
  if ((entry.st_mode & 077U) != 0)
    return {Level::trouble, "store", directory + " can be opened by others than its owner: it holds patient data",
            "chmod 700 " + directory};
  if (::access(directory.c_str(), W_OK) != 0)
    return {Level::warning, "store", directory + " cannot be written by this user: its disk was not timed",
            "run `myelin doctor` as the user of the daemon"};
  return {Level::ok, "store", directory, {}};
}

Finding examine_space(const std::string& directory, std::int64_t reserve) {
  struct statvfs disk{};
  if (::statvfs(directory.c_str(), &disk) != 0)
    return {Level::warning, "disk", "the space of " + directory + " is not known", "look at `df`"};
  const auto block = static_cast<std::int64_t>(disk.f_frsize);
  const auto free = static_cast<std::int64_t>(disk.f_bavail) * block;
  const auto total = static_cast<std::int64_t>(disk.f_blocks) * block;
  if (reserve <= 0) reserve = std::min(std::max(total / 20, kGiB), 10 * kGiB);
  const auto said = fmt::format("{} free, messages are refused below {}", size_text(free), size_text(reserve));
  if (free < reserve) return {Level::trouble, "disk", said, "make room, or purge earlier with `retain` in myelin.yaml"};
  if (free < 2 * reserve)
    return {Level::warning, "disk", said, "make room before it is full; `myelin status` says what is kept"};
  return {Level::ok, "disk", said, {}};
}

Finding examine_sync(const std::string& directory) {
  const auto time = time_of_sync(directory);
  if (!time) return {Level::warning, "sync", "the disk could not be timed", "run `myelin doctor` as the daemon's user"};
  const auto said = fmt::format("{:.1f} ms until a write is on the disk", static_cast<double>(time->count()) / 1000);
  if (*time >= kTooSlow)
    return {Level::trouble, "sync", said,
            "each acknowledgement waits for it: put the store on a disk that is not shared"};
  if (*time >= kSlow) return {Level::warning, "sync", said, "a faster disk takes more messages a second"};
  return {Level::ok, "sync", said, {}};
}

Finding examine_descriptors() {
  std::uint64_t limit = 0;
  std::string whose = "this shell's process";
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    if (!is_running_daemon(entry->path())) continue;
    if (const auto soft = descriptors_of(entry->path())) {
      limit = *soft;
      whose = "the daemon (process " + entry->path().filename().string() + ")";
    }
  }
  rlimit own{};
  if (limit == 0 && ::getrlimit(RLIMIT_NOFILE, &own) == 0) limit = own.rlim_cur;
  const auto said = fmt::format("{} may open {} files and connections", whose, limit);
  if (limit >= kDescriptors) return {Level::ok, "descriptors", said, {}};
  return {Level::warning, "descriptors", said,
          "LimitNOFILE=65536 in the unit, or `ulimit -n 65536` before `myelin run`"};
}

Finding examine_clock() {
  timex clock{};
  if (::adjtimex(&clock) >= 0 && (static_cast<unsigned>(clock.status) & STA_UNSYNC) == 0)
    return {Level::ok, "clock", "synchronised", {}};
  return {Level::warning, "clock", "it is not known to be synchronised",
          "let chrony or systemd-timesyncd keep it: times of messages and certificates depend on it"};
}

Finding examine_unit() {
  if (!fs::exists("/run/systemd/system")) return {Level::ok, "unit", "this machine is not run by systemd", {}};
  for (const auto* folder : {"/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"})
    if (fs::exists(fs::path(folder) / "myelin.service"))
      return {Level::ok, "unit", std::string(folder) + "/myelin.service", {}};
  return {Level::warning, "unit", "systemd has no unit myelin.service: nothing starts the engine after a reboot",
          "install the package, or packaging/systemd/myelin.service, and `systemctl enable --now myelin`"};
}

Finding examine_files(const std::string& configuration) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(configuration, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    const auto mode = entry->symlink_status(ignored);
    if (fs::is_symlink(mode)) continue;
    const auto& path = entry->path().string();
    if ((mode.permissions() & fs::perms::others_write) != fs::perms::none)
      return {Level::trouble, "files", path + " can be written by anybody", "chmod o-w " + path};
    const auto others = fs::perms::others_read;
    if (entry->is_regular_file(ignored) && (mode.permissions() & others) != fs::perms::none && is_private_key(path))
      return {Level::trouble, "files", path + " is a private key that anybody can read", "chmod 600 " + path};
  }
  return {Level::ok, "files", configuration + ": nobody else can write there", {}};
}

}  // namespace myelin
