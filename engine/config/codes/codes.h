// THE table of mistakes, by subject: one row per code, sorted by id, each with a page for `myelin explain C0051`.
// A code is for ever: it is never given another meaning. C errors, W warnings, H hints. all_diagnostic_codes() has the
// rows of all, in the order in which they stand here.
#pragma once

#include "engine/config/diagnostic.h"

namespace myelin::config {

std::span<const DiagnosticCode> reading_codes();
std::span<const DiagnosticCode> formulas_codes();
std::span<const DiagnosticCode> channels_codes();
std::span<const DiagnosticCode> advice_codes();

}  // namespace myelin::config
