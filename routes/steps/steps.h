// The builders of all steps, one per row of catalog.cpp; each is defined in the file of its step.
#pragma once

#include "routes/steps/step.h"

namespace myelin::routes {

std::shared_ptr<const Step> build_set(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_move(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_clear(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_delete(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_keep_only(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_map(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_let(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_if(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_each(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_use(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_drop(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_park(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_reject(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_require(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_replace(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_date(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_script(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_insert(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_renumber(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_validate(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_build(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_units(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_fit(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_deidentify(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_render(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_to_fhir(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_from_fhir(StepItem item, Workshop& workshop);

std::shared_ptr<const Step> build_also(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_decode(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_call(StepItem item, Workshop& workshop);
std::shared_ptr<const Step> build_encode(StepItem item, Workshop& workshop);

extern const config::Spec kCallSpec;
extern const config::Spec kDecodeSpec;
extern const config::Spec kMapSpec;
extern const config::Spec kMoveSpec;
extern const config::Spec kReplaceSpec;
extern const config::Spec kDateSpec;
extern const config::Spec kValidateSpec;
extern const config::Spec kUnitsSpec;
extern const config::Spec kDeidentifySpec;
extern const config::Spec kToFhirSpec;
extern const config::Spec kFromFhirSpec;

}  // namespace myelin::routes
