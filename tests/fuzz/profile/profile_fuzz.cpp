// Arbitrary bytes as a profile. Held: no crash; whatever could be read of it checks a message without a crash, names
// places that the message has, and every mistake can be printed.
#include <cstdint>
#include <string>

#include "engine/model/body.h"
#include "routes/profile/profile.h"
#include "tests/fuzz/require.h"

namespace {

using namespace myelin;
using fuzz::require;

constexpr std::string_view kMessage =
    "MSH|^~\\&|LIS|LAB|EHR|WARD|20260114||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||4711^^^MR&1.2&ISO^MR||Muster^Anna||1970|F\r"
    "OBR|1|A|B|GLU\rOBX|1|NM|2345-7^Glucose^LN||5,4|mmol/l\rNTE|1||fasting\rZPI|x\r";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source =
      std::make_shared<const config::SourceText>("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  config::Diagnostics diagnostics;
  const auto profile = routes::Profile::read(source, expr::Scope{}, diagnostics);
  require(profile != nullptr);
  for (const auto& diagnostic : diagnostics.sorted()) require(!render(diagnostic, config::Colour::never).empty());
  static const Body kBody(hl7::Tree::parse(Bytes(std::string(kMessage))).value());
  const auto findings = profile->validate(kBody, Context{});
  for (const auto& each : findings.all) require(!each.spot || each.spot->segment < kBody.hl7()->segment_count());
  return 0;
}
