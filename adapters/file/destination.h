// Puts each message into a folder as a file, or at the end of one. The work is done on the pool (offload); a disk that
// hangs leaves the lane with `unknown` after `timeout`, and nothing else is begun until the system call has returned.
#pragma once

#include <memory>

#include "adapters/file/settings.h"
#include "engine/model/adapter.h"

namespace myelin::file {

class FileDestination final : public Destination {
 public:
  FileDestination(Loop& loop, FileSettings settings);
  ~FileDestination() override;

  Task<Outcome> send(const Outbound& outbound) override;
  void close() override;

 private:
  struct Work;  // shared with what runs on the pool, which may outlive a send
  static Task<void> put(std::shared_ptr<Work> work, Outbound outbound);

  Loop& loop_;
  FileSettings settings_;
  std::shared_ptr<Work> work_;
};

}  // namespace myelin::file
