// Who takes files out of a folder: one source for each name. Two would take the same file twice. Between processes the
// kernel keeps the lock (flock on the directory, gone with its owner, also after kill -9); inside this one the patterns
// are compared. Network folders that know no such lock are not guarded against other machines.
#pragma once

#include <memory>
#include <string>

#include "adapters/file/folder.h"

namespace myelin::file {

class Claim {
 public:
  // folder_unusable: another process holds the folder, or another source of this one takes some of the same names.
  static Result<Claim> on(const Folder& folder, std::string pattern);

  Claim(Claim&&) noexcept = default;
  Claim& operator=(Claim&&) noexcept = default;
  // False when another directory stands under the path now.
  bool is_on(const Folder& folder) const;

 private:
  struct Holder;
  explicit Claim(std::shared_ptr<Holder> holder) : holder_(std::move(holder)) {}
  std::shared_ptr<Holder> holder_;
};

}  // namespace myelin::file
