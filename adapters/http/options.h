// The declaration of every option of an http connection; spec.cpp turns them into settings.
#pragma once

#include <string>
#include <vector>

#include "engine/config/spec.h"

namespace myelin::http {

const config::Spec& connection_spec();

// What a source takes where `content_types` is not written: HL7 v2 as ER7, by the names that are in use for it.
inline std::vector<std::string> default_content_types() {
  return {"application/hl7-v2", "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/plain"};
}

}  // namespace myelin::http
