// The fields of MSH split without indexing the message: what intake, ACK and duplicates read of every message.
#pragma once

#include <array>
#include <string_view>

namespace myelin::hl7 {

// [n] is MSH-n raw, empty when absent; [0] is "MSH", [1] the separator.
using MshFields = std::array<std::string_view, 19>;

// `message` begins with "MSH" and a separator. Stops at the line's end or behind MSH-18.
MshFields split_msh(std::string_view message);

}  // namespace myelin::hl7
