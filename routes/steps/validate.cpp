// validate: checks the message against a profile. In `accept` it refuses, with an ERR for each finding; elsewhere it
// sets the message aside.
#include "routes/profile/profile.h"
#include "routes/steps/steps.h"
#include "routes/steps/suggest.h"

namespace myelin::routes {
namespace {

using config::Type;

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
             .doc = "conf/profiles/NAME.yaml; standard: the dictionary of the message's version alone",
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
  if (name.empty()) return nullptr;
  auto profile = name == kStandardProfile ? Profile::standard() : workshop.profile(name, options.place("profile"));
  const auto least = schema::severity_of(options.text("refuse"));
  if (!profile || !least) return nullptr;
  return std::make_shared<ValidateStep>(std::move(item.head), std::move(profile), *least);
}

}  // namespace myelin::routes
