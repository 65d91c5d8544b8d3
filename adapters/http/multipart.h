// multipart bodies (RFC 2046, 5.1; RFC 7578), as forms and file uploads send them: cut into parts without copying.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/fault.h"

namespace myelin::http {

inline constexpr std::size_t kMostParts = 100;
inline constexpr std::size_t kMostPartHead = std::size_t{8} * 1024;

struct Part {
  std::string name;          // of the form's field; empty: none
  bool file = false;         // it came with a file name
  std::string content_type;  // as written; empty: none
  std::string_view content;
};

// "boundary" of `multipart/form-data; boundary="a b"`; empty when it is not there.
std::string parameter(std::string_view field, std::string_view name);

// `content_type` is the field of the request. bad_request says what is wrong with the body.
Result<std::vector<Part>> read_multipart(std::string_view content_type, std::string_view body);

// The part that is the message: the one of this name, or, where `name` is empty, the only one with a file name, or the
// only one at all. bad_request says which there are to choose from.
Result<Part> message_part(const std::vector<Part>& parts, std::string_view name);

}  // namespace myelin::http
