// The one thing that the engine reads of XML which it only passes on: the name of the root. No entity is resolved and
// no document type is looked at, so a document can ask nothing of the engine.
#pragma once

#include <optional>
#include <string_view>

namespace myelin {

// "ClinicalDocument", as written, with its prefix. Nothing when the text is no XML, as far as can be told up to there.
std::optional<std::string_view> xml_root(std::string_view text);

}  // namespace myelin
