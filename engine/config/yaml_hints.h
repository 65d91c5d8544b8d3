// What YAML itself does not tell an analyst: checks of the raw text before it is parsed, and the mistake behind a parse
// error, found again in the failing line, with the right form printed.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "engine/config/diagnostic.h"

namespace myelin::config {

// Size, UTF-8, control characters, tabs. False: parsing would only draw mistakes that follow from these.
bool scan_raw(const std::shared_ptr<const SourceText>& source, Diagnostics& diagnostics);

// `position`: the byte where the parser stopped; `reason`: what it said. `met`: the mistakes that were met until then,
// of which those below a quote that was never closed are left out: nothing there was read as it was meant.
void explain_parse_error(const std::shared_ptr<const SourceText>& source, std::size_t position, std::string_view reason,
                         const Diagnostics& met, Diagnostics& diagnostics);

// Those that stand above `line` are added to `to`.
inline constexpr int kAllLines = std::numeric_limits<int>::max();
void append(const Diagnostics& from, int line, Diagnostics& to);

// The text in double quotes, as YAML wants it; shortened when it is long.
std::string quoted_form(std::string_view text);

}  // namespace myelin::config
