// A message as a page of HTML that can be mailed: one file, everything escaped, no scripts, nothing loaded from
// anywhere (its own Content-Security-Policy says so), readable on paper.
#pragma once

#include <string>
#include <string_view>

#include "engine/hl7/tree.h"
#include "engine/schema/finding.h"

namespace myelin {

std::string message_page(std::string_view title, const hl7::Tree& tree, const schema::Findings& findings);

}  // namespace myelin
