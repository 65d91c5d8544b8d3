// Checking and translating literals.
#include "routes/expr/literal.h"

#include "engine/hl7/escape.h"
#include "engine/hl7/path.h"
#include "routes/expr/functions.h"

namespace myelin::expr {

namespace {

// The segments of HL7 2.1 to 2.8.2 (appendix A of each), so that LAB-1 is a text and OBX-1 a path. Z segments count
// too.
constexpr std::string_view kSegments =
    " ABS ACC ADD AFF AIG AIL AIP AIS AL1 APR ARQ ARV AUT BHS BLC BLG BPO BPX BTS BTX BUI CDM CDO CER CM0 CM1 CM2 CNS "
    "CON"
    " CSP CSR CSS CTD CTI DB1 DG1 DG2 DMI DON DPS DRG DSC DSP DST ECD ECR EDU EQL EQP EQU ERQ ERR EVN FAC FHS FT1 FTS"
    " GOL GP1 GP2 GT1 IAM IAR IIM ILT IN1 IN2 IN3 INV IPC IPR ISD ITM IVC IVT LAN LCC LCH LDP LOC LRL MCP MFA MFE MFI"
    " MRG MSA MSH NCK NDS NK1 NPU NSC NST NTE OBR OBX ODS ODT OM1 OM2 OM3 OM4 OM5 OM6 OM7 OMC ORC ORG ORO OVR PAC PCE"
    " PCR PD1 PDA PDC PEO PES PID PKG PMT PR1 PRA PRB PRC PRD PRT PSG PSH PSL PSS PTH PV1 PV2 PYE QAK QID QPD QRD QRF"
    " QRI RCP RDF RDT REL RF1 RFI RGS RMI ROL RQ1 RQD RX1 RXA RXC RXD RXE RXG RXO RXR RXV SAC SCD SCH SCP SDD SFT SGH"
    " SGT SHP SID SLT SPM SPR STF STZ TCC TCD TQ1 TQ2 TXA UAC UB1 UB2 URD URS VAR VND VTQ ";

bool known_segment(const std::string& name) {
  return name.starts_with('Z') || kSegments.find(" " + name + " ") != std::string_view::npos;
}

bool reads_like_path(std::string_view text) {
  if (text.size() > 60 || text.find_first_of(" ^~&|") != std::string_view::npos) return false;
  const auto path = hl7::parse_path_with_groups(text);
  return path && path->field != 0 && known_segment(path->segment);
}

// upper(PID-5.1), upper(ward); but number(s)
bool reads_like_call(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return false;
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  return inside != "s" && find_function(text.substr(0, open)) != nullptr;
}

constexpr hl7::Delimiters kTyped{};  // ^~\&

}  // namespace

void check_literal(std::string_view text, Target target, Mistakes& mistakes) {
  if (reads_like_path(text) || reads_like_call(text)) {
    const bool call = text.ends_with(')');
    mistakes.add("C0090", 0, text.size(),
                 call ? "this text reads like a call of a function" : "this text reads like a path",
                 "=" + std::string(text) + (call ? " computes; " : " copies; ") + "for this very text write =\"" +
                     std::string(text) + "\"");
    return;
  }
  if (target == Target::text || target == Target::field) return;
  const std::size_t at = text.find_first_of(target == Target::leaf ? "^~\\&" : "^~");
  if (at == std::string_view::npos) return;
  mistakes.add("C0091", at, 1, std::string("a part of a field cannot hold ") + text[at],
               "write to the whole field, or as text write =\"…\"");
}

bool has_structure(std::string_view literal) { return literal.find_first_of("^~\\&|\r\n") != std::string_view::npos; }

std::string in_delimiters(std::string_view literal, const hl7::Delimiters& to) {
  std::string out;
  std::size_t from = 0;
  while (from <= literal.size()) {
    const std::size_t at = std::min(literal.find_first_of("|\r\n", from), literal.size());
    out += hl7::translate(literal.substr(from, at - from), kTyped, to);
    if (at < literal.size()) out += hl7::encode(literal.substr(at, 1), to);
    from = at + 1;
  }
  return out;
}

}  // namespace myelin::expr
