// Whether there is room to admit messages: free space against the reserve that deliveries need to go on. Asked by the
// writer before each batch; the file system is asked every 100 ms, and before that when a megabyte was admitted since.
// Says once when admission ends and resumes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/clock.h"
#include "engine/store/store.h"

namespace myelin::sqlite {

class DiskReserve {
 public:
  // `reserve_bytes` -1: min(max(5 % of the disk, 1 GiB), 10 GiB).
  DiskReserve(std::string path, std::int64_t reserve_bytes);

  // `bytes`: what the batch would add.
  bool admits(std::size_t bytes);
  // As it is now. Any thread.
  DiskRoom room() const;
  // A write found the disk full: admits nothing for a second, then looks again.
  void full();

 private:
  bool enough_space() const;
  void decide(bool admits);

  const std::string path_;
  std::int64_t reserve_;  // the same for ever
  bool admits_ = true;
  std::size_t since_look_ = 0;
  MonoTime look_again_{};
};

}  // namespace myelin::sqlite
