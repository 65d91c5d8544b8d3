// Whether there is room to admit messages: free space against the reserve that deliveries need to go on. Asked by the
// writer before each batch; the file system is asked at most every 100 ms. Says once when admission ends and resumes.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/clock.h"

namespace myelin::sqlite {

class DiskReserve {
 public:
  // `reserve_bytes` -1: min(max(5 % of the disk, 1 GiB), 10 GiB).
  DiskReserve(std::string path, std::int64_t reserve_bytes);

  bool admits();
  // A write found the disk full: admits nothing for a second, then looks again.
  void full();

 private:
  bool enough_space() const;
  void decide(bool admits);

  std::string path_;
  std::int64_t reserve_;
  bool admits_ = true;
  MonoTime look_again_{};
};

}  // namespace myelin::sqlite
