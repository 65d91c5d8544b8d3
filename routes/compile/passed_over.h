// Which files were meant to be read, and are not because of how they are called.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace myelin::routes {

// "channels/adt.yaml" for "channels/adt.yml", by the path below the directory: the name under which the file would be
// read. Empty for what is read already, and for what is none of ours (a note, a backup, a hidden file).
std::string name_to_be_read(std::string_view path);

// All such files below `directory`, in the order of their names.
std::vector<std::string> passed_over(const std::string& directory);

}  // namespace myelin::routes
