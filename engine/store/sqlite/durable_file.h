// Files that are on the disk when the call returns, names too. io_failed.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/fault.h"

namespace myelin::sqlite {

Result<void> sync_file(const std::string& path);
Result<void> rename_file(const std::string& from, const std::string& to);
Result<void> write_file(const std::string& path, std::string_view content);  // whole, or not there
Result<void> copy_file(const std::string& from, const std::string& to);
Result<std::string> checksum_of(const std::string& path);  // SHA-256, hex

}  // namespace myelin::sqlite
