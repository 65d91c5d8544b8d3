#include "engine/store/sqlite/disk_reserve.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "engine/base/event.h"

namespace myelin::sqlite {
namespace {

constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr Duration kBetweenLooks = milliseconds(100);
constexpr std::size_t kBytesBetweenLooks = 1U << 20;  // so that a fast feed cannot run far into the reserve
constexpr Duration kAfterFull = seconds(1);

struct Space {
  std::int64_t free = 0, total = 0;
};

Space space(const std::string& path) {
  struct statvfs about{};
  if (::statvfs(path.c_str(), &about) != 0) return {kGiB * kGiB, 0};  // unknown: the write itself will tell
  const auto block = static_cast<std::int64_t>(about.f_frsize);
  return {static_cast<std::int64_t>(about.f_bavail) * block, static_cast<std::int64_t>(about.f_blocks) * block};
}

}  // namespace

DiskReserve::DiskReserve(std::string path, std::int64_t reserve_bytes)
    : path_(std::move(path)), reserve_(reserve_bytes) {
  if (reserve_ < 0) reserve_ = std::min(std::max(space(path_).total / 20, kGiB), 10 * kGiB);
}

DiskRoom DiskReserve::room() const { return {space(path_).free, reserve_}; }

bool DiskReserve::enough_space() const { return !room().refuses(); }

bool DiskReserve::admits(std::size_t bytes) {
  const MonoTime now = std::chrono::steady_clock::now();
  since_look_ += bytes;
  const bool much = admits_ && since_look_ >= kBytesBetweenLooks;
  if (now >= look_again_ || much) {
    look_again_ = now + kBetweenLooks;
    since_look_ = 0;
    decide(enough_space());
  }
  return admits_;
}

void DiskReserve::full() {
  decide(false);
  look_again_ = std::chrono::steady_clock::now() + kAfterFull;
}

void DiskReserve::decide(bool admits) {
  if (admits == admits_) return;
  admits_ = admits;
  emit(admits ? EventKind::disk_resumed : EventKind::disk_reserve,
       {{Label::file, std::string_view(path_)}, {Label::bytes, space(path_).free}});
}

}  // namespace myelin::sqlite
