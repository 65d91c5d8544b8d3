// Messages of our own that several tests read. All names and numbers are invented.
#pragma once

#include <string>
#include <string_view>

#include "engine/hl7/tree.h"

namespace myelin::hl7::samples {

inline constexpr std::string_view kOru =
    "MSH|^~\\&|LIS^1.2.3^ISO|LAB|EHR|WARD|20260114093000||ORU^R01^ORU_R01|M0001|P|2.5.1|||AL|NE||8859/1\r"
    "PID|1||4711^^^MR&1.2&ISO^MR~0815^^^NAT^NI||Muster^Anna^\"\"||19700203|F||\"\"|\r"
    "OBR|1|A1|B1|GLU^Glucose\r"
    "OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/l\r"
    "NTE|1||fasting\r"
    "OBX|2|NM|718-7^Haemoglobin^LN||8.9|mmol/l\r"
    "OBR|2|A2|B2|CRP^CRP\r"
    "OBX|1|NM|1988-5^CRP^LN||3|mg/l\r";

inline Tree tree(std::string_view message) {
  auto parsed = Tree::parse(Bytes(std::string(message)));
  return std::move(parsed).value();
}

inline std::string written(const Tree& tree) { return std::string(tree.bytes().view()); }

}  // namespace myelin::hl7::samples
