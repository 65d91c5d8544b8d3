// Values as text.
#include "routes/expr/value.h"

namespace myelin::expr {

std::string to_text(const Value& value) {
  if (const auto* text = value.text()) return *text;
  if (const auto* number = value.number()) return number->text();
  if (const auto* truth = value.truth()) return *truth ? "true" : "false";
  if (const auto* time = value.time()) return time->hl7();
  if (const auto* list = value.list()) return list->empty() ? std::string() : to_text(list->front());
  return {};
}

}  // namespace myelin::expr
