// Facts: how a message came, beside its bytes, for $file, $user, $header.x and $query.x in formulas. A source adds what
// it knows; they are stored with the message, because its steps run again when it is sent, released or replayed.
//
// One text, empty for most messages: "file=7:lab.hl7\nheader.x-ward=2:B2\n", the length before each value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace myelin {

// `name` without the $; a header's is in small letters. A value that is no UTF-8 is taken for 8859/1, as HTTP does.
void add_fact(std::string& facts, std::string_view name, std::string_view value);

// Nothing: the message came without it. What is damaged has no more facts from there on.
std::optional<std::string_view> fact_of(std::string_view facts, std::string_view name);

// All of them, in the order in which they were added.
std::vector<std::pair<std::string_view, std::string_view>> all_facts(std::string_view facts);

// Of the header fields that say who somebody is by a secret: never a fact, however a formula asks. Small letters.
bool is_credential(std::string_view header);

}  // namespace myelin
