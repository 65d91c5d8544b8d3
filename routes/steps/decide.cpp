// The steps that decide: drop and park end the work with a reason; reject and require stand in `accept` and refuse.
// A reason comes from the configuration and labels a metric, so it is plain text and never holds patient data.
#include <algorithm>

#include "routes/steps/place.h"
#include "routes/steps/steps.h"

namespace myelin::routes {
namespace {

class DecideStep final : public StepBase {
 public:
  DecideStep(StepHead head, Verdict verdict) : StepBase(std::move(head)), verdict_(std::move(verdict)) {}
  Verdict apply(Body&, Context&) const override { return verdict_; }

 private:
  Verdict verdict_;
};

// A required place counts as missing when it is absent, empty or HL7 null everywhere.
class RequireStep final : public StepBase {
 public:
  RequireStep(StepHead head, std::vector<NamedPath> paths) : StepBase(std::move(head)), paths_(std::move(paths)) {}

  Verdict apply(Body& body, Context& context) const override {
    Verdict verdict;
    const auto* tree = hl7_of(body, verdict);
    if (!tree) return verdict;
    for (const auto& path : paths_) {
      const auto spots = places(*tree, path, context);
      const bool there = std::ranges::any_of(spots, [&](const hl7::Spot& spot) {
        return spot.field == 0 || tree->presence(spot) == hl7::Presence::valued;
      });
      if (!there) return fault_of(FaultCode::required_missing, path.text + " is required and is empty", path.text);
    }
    return {};
  }

 private:
  std::vector<NamedPath> paths_;
};

constexpr std::size_t kMaxReason = 80;

bool read_reason(const StepItem& item, config::Diagnostics& diagnostics) {
  if (!item.value.is_scalar() || item.value.text().empty()) {
    diagnostics.add("C0124", item.value.place(), "`" + std::string(item.head.name) + "` needs a reason in a few words",
                    std::string(item.head.name) + ": what a colleague should read");
    return false;
  }
  if (!item.value.quoted() && (item.value.text().starts_with('=') || item.value.text().contains("{{"))) {
    diagnostics.add("C0124", item.value.place(),
                    "a reason is plain text: it labels a metric, so it cannot hold patient data", "say it in words");
    return false;
  }
  if (item.value.text().size() > kMaxReason) {
    diagnostics.add("C0124", item.value.place(), "a reason has at most 80 characters", "the rest fits in `note:`");
    return false;
  }
  return true;
}

std::shared_ptr<const Step> decided(StepItem item, Workshop& workshop, Verdict::Kind kind,
                                    std::optional<FaultCode> code) {
  if (!read_reason(item, workshop.diagnostics)) return nullptr;
  Verdict verdict{kind, item.value.text(), std::nullopt};
  if (code) verdict.fault = Fault{*code, item.value.text(), {}, {}};
  return std::make_shared<DecideStep>(std::move(item.head), std::move(verdict));
}

}  // namespace

std::shared_ptr<const Step> build_drop(StepItem item, Workshop& workshop) {
  return decided(std::move(item), workshop, Verdict::Kind::drop, std::nullopt);
}

std::shared_ptr<const Step> build_park(StepItem item, Workshop& workshop) {
  return decided(std::move(item), workshop, Verdict::Kind::park, FaultCode::parked_by_step);
}

std::shared_ptr<const Step> build_reject(StepItem item, Workshop& workshop) {
  return decided(std::move(item), workshop, Verdict::Kind::fault, FaultCode::rejected);
}

std::shared_ptr<const Step> build_require(StepItem item, Workshop& workshop) {
  auto paths = read_paths(item.value, workshop);
  return std::make_shared<RequireStep>(std::move(item.head), std::move(paths));
}

}  // namespace myelin::routes
