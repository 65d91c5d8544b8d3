// A text of a connection that depends on the message, encoded for where it goes: a URL, a header field, JSON, XML, a
// name of a file. Whatever a message says, it stays one value of that text.
#pragma once

#include <memory>

#include "engine/model/adapter.h"
#include "routes/expr/formula.h"

namespace myelin::expr {

// The value of a formula, so that it is one part of the text and nothing else.
std::string encode_for(Encoding encoding, std::string_view value);

// nullptr: its mistakes are in `diagnostics`.
std::shared_ptr<const Filling> compile_filling(const Template& text, const Scope& scope,
                                               config::Diagnostics& diagnostics);

}  // namespace myelin::expr
