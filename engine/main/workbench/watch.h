// Watch: waits until something in a directory changes, as an editor's save does.
#pragma once

#include <string>

#include "engine/base/fault.h"

namespace myelin {

class Watch {
 public:
  // The directory and all below it, hidden ones left out.
  static Result<Watch> open(const std::string& directory);
  ~Watch();
  Watch(Watch&& other) noexcept : directory_(std::move(other.directory_)), descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
  }
  Watch& operator=(Watch&&) = delete;

  // Returns when files have changed and nothing more did for a tenth of a second; io_failed when it can watch no more.
  Result<void> wait();

 private:
  Watch(std::string directory, int descriptor) : directory_(std::move(directory)), descriptor_(descriptor) {}
  Result<void> add_all() const;

  std::string directory_;
  int descriptor_;
};

}  // namespace myelin
