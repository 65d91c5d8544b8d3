// validate: checks the message against a profile. In `accept` it refuses, with an ERR for each finding; elsewhere it
// sets the message aside. Of a body of FHIR the profile is r4: HL7's own definitions.
#include "engine/fhir/validate.h"
#include "routes/profile/profile.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Type;

constexpr std::string_view kR4Profile = "r4";

class ValidateStep final : public StepBase {
 public:
  ValidateStep(StepHead head, std::shared_ptr<const Profile> profile, schema::Severity least)
      : StepBase(std::move(head)), profile_(std::move(profile)), least_(least) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    if (!hl7_of(body, verdict)) return verdict;
    auto fault = schema::to_fault(profile_->validate(body, context), least_);
    if (fault) return verdict_of(std::move(*fault));
    return {};
  }

 private:
  std::shared_ptr<const Profile> profile_;
  schema::Severity least_;
};

class R4Step final : public StepBase {
 public:
  using StepBase::StepBase;

  Verdict apply(Body& body, Context& /*context*/) const override {
    const auto* resource = body.json();
    if (!resource) return fault_of(FaultCode::wrong_body, "the step needs a resource of FHIR in JSON");
    const auto findings = fhir::validate_r4(*resource);
    if (findings.empty()) return {};
    Fault fault{FaultCode::bad_structure, findings.front().what, findings.front().at, {}};
    for (std::size_t at = 1; at < findings.size(); ++at)
      fault.more.push_back({FaultCode::bad_structure, findings[at].what, findings[at].at, {}});
    return verdict_of(std::move(fault));
  }
};

// The profile must be of what the body is here.
bool fits_body(std::string_view profile, const config::Place& place, Workshop& workshop) {
  const bool fhir = profile == kR4Profile;
  if (fhir == (workshop.scope.body == BodyKind::json)) return true;
  workshop.diagnostics.add("C0138", place,
                           "profile " + std::string(profile) + " is of " + (fhir ? "FHIR in JSON" : "HL7 messages") +
                               ", and the body is " + std::string(myelin::name_of(workshop.scope.body)),
                           fhir ? "it stands below `to_fhir`" : "above `to_fhir`; below it: validate: { profile: r4 }");
  return false;
}

}  // namespace

const config::Spec kValidateSpec{
    .name = "validate",
    .doc = "checks the message against a profile",
    .options =
        {
            {.name = "profile",
             .type = Type::name,
             .fallback = {},
             .required = true,
             .doc = "conf/profiles/NAME.yaml; standard: the dictionary of the message's version alone; r4, below "
                    "`to_fhir`: FHIR R4",
             .example = "lab-oru"},
            {.name = "refuse",
             .type = Type::choice,
             .fallback = "error",
             .required = false,
             .doc = "what is refused: findings of this severity and above",
             .example = "warning",
             .choices = {"info", "warning", "error"}},
        },
    .example = "profile: standard",
};

std::shared_ptr<const Step> build_validate(StepItem item, Workshop& workshop) {
  const auto options = config::read_options(kValidateSpec, item.value, workshop.diagnostics);
  const auto& name = options.text("profile");
  if (name.empty() || !fits_body(name, options.place("profile"), workshop)) return nullptr;
  if (name == kR4Profile) return std::make_shared<R4Step>(std::move(item.head));
  auto profile = name == kStandardProfile ? Profile::standard() : workshop.profile(name, options.place("profile"));
  const auto least = schema::severity_of(options.text("refuse"));
  if (!profile || !least) return nullptr;
  return std::make_shared<ValidateStep>(std::move(item.head), std::move(profile), *least);
}

}  // namespace myelin::routes
