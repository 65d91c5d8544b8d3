// The steps that write, for bodies of JSON and XML: each builder of set, clear, delete, move and insert hands over to
// its namesake here where the body is one of these.
#pragma once

#include "routes/steps/step.h"

namespace myelin::routes {

std::shared_ptr<const Step> build_document_set(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_document_clear(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_document_delete(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_document_move(StepItem item, const config::Options& options, Workshop& workshop);
std::shared_ptr<const Step> build_document_insert(StepItem item, Workshop& workshop);

}  // namespace myelin::routes
