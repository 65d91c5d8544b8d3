#include "engine/store/sqlite/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "engine/base/crypto.h"

namespace myelin::sqlite {
namespace {

constexpr std::size_t kBlock = 1U << 20;

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  explicit operator bool() const { return value_ >= 0; }
  int operator*() const { return value_; }

 private:
  int value_;
};

std::unexpected<Fault> failed(const std::string& path) {
  return fail(FaultCode::io_failed, fmt::format("{}: {}", path, std::strerror(errno)));
}

Result<void> write_all(const Descriptor& file, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const auto written = ::write(*file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Hands on the content block by block.
template <class Take>
Result<void> read_all(const std::string& path, Take take) {
  const Descriptor file(path, O_RDONLY);
  if (!file) return failed(path);
  std::vector<char> block(kBlock);
  for (;;) {
    const auto size = ::read(*file, block.data(), block.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed(path);
    if (size == 0) return {};
    if (auto taken = take(std::string_view(block.data(), static_cast<std::size_t>(size))); !taken) return taken;
  }
}

}  // namespace

Result<void> sync_file(const std::string& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file || ::fsync(*file) != 0) return failed(path);
  return {};
}

Result<void> rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(to);
  return sync_file(std::filesystem::absolute(to).parent_path());
}

Result<void> write_file(const std::string& path, std::string_view content) {
  const auto part = path + ".part";
  {
    const Descriptor file(part, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return failed(part);
    if (auto written = write_all(file, content, part); !written) return written;
    if (::fsync(*file) != 0) return failed(part);
  }
  return rename_file(part, path);
}

Result<void> copy_file(const std::string& from, const std::string& to) {
  const Descriptor file(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file) return failed(to);
  auto copied = read_all(from, [&](std::string_view block) { return write_all(file, block, to); });
  if (copied && ::fsync(*file) != 0) return failed(to);
  return copied;
}

Result<std::string> checksum_of(const std::string& path) {
  Sha256Sum sum;
  auto read = read_all(path, [&](std::string_view block) {
    sum.add(block);
    return Result<void>();
  });
  if (!read) return fail(read);
  return hex(sum.digest());
}

}  // namespace myelin::sqlite
