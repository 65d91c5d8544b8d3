#include "engine/model/outcome.h"

namespace myelin {

bool asks_to_come_again(std::string_view code) {
  return code == "408" || code == "429" || (code.size() == 3 && code.front() == '5');
}

void judge_code(Outcome& outcome, std::string_view code) {
  outcome.code = code;
  if (code == "AA" || code == "CA") {
    outcome.kind = Outcome::Kind::accepted;
  } else if (code == "AE" || code == "AR" || code == "CE" || code == "CR") {
    outcome.kind = Outcome::Kind::refused;
    outcome.fault = Fault{
        code == "AE" ? FaultCode::refused_ae : FaultCode::refused_ar, "the peer answered " + outcome.code, {}, {}};
  } else {
    outcome.code.clear();
    outcome.fault = Fault{FaultCode::garbage_answer, "MSA-1 is no acknowledgement code", {}, {}};
  }
}

}  // namespace myelin
