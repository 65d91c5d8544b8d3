// Plans made by hand, for tests of what engine/main does with a plan without a compiler in between.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "engine/hl7/path.h"
#include "engine/model/plan.h"

namespace myelin::made {

class When final : public Condition {
 public:
  explicit When(std::function<bool(const Body&)> holds) : holds_(std::move(holds)) {}
  bool holds(const Body& body, const Context& /*context*/) const override { return holds_(body); }

 private:
  std::function<bool(const Body&)> holds_;
};

class Made final : public Step {
 public:
  using Act = std::function<Verdict(Body&, Context&)>;
  Made(std::string name, Act act, std::shared_ptr<const Condition> when)
      : name_(std::move(name)), act_(std::move(act)), when_(std::move(when)) {}
  Verdict apply(Body& body, Context& context) const override { return act_(body, context); }
  std::string_view name() const override { return name_; }
  std::string_view place() const override { return "made.yaml:1:1"; }
  const Condition* when() const override { return when_.get(); }

 private:
  std::string name_;
  Act act_;
  std::shared_ptr<const Condition> when_;
};

inline std::shared_ptr<const Condition> never() {
  return std::make_shared<When>([](const Body&) { return false; });
}

inline std::shared_ptr<const Step> set(const std::string& path, const std::string& text,
                                       std::shared_ptr<const Condition> when = nullptr) {
  const auto where = *hl7::parse_path(path);
  return std::make_shared<Made>(
      "set",
      [where, text](Body& body, Context&) {
        for (const auto& spot : hl7::select(*body.hl7(), where)) static_cast<void>(body.hl7()->write_text(spot, text));
        return Verdict{};
      },
      std::move(when));
}

// A step that always ends the run with this verdict.
inline std::shared_ptr<const Step> ends(Verdict::Kind kind, const std::string& reason) {
  return std::make_shared<Made>(
      "ends",
      [kind, reason](Body&, Context&) {
        Verdict verdict;
        verdict.kind = kind;
        verdict.reason = reason;
        return verdict;
      },
      nullptr);
}

inline std::shared_ptr<const Step> faults(FaultCode code, const std::string& at) {
  return std::make_shared<Made>(
      "faults",
      [code, at](Body&, Context&) {
        Verdict verdict;
        verdict.kind = entry(code).disposition == Disposition::park ? Verdict::Kind::park : Verdict::Kind::fault;
        verdict.fault = Fault{code, "made to fault", at, {}};
        return verdict;
      },
      nullptr);
}

inline Route route(const std::string& name, Steps steps = {}) {
  Route made;
  made.name = name;
  made.destination = name + "-peer";
  made.steps = std::move(steps);
  made.place = "made.yaml:9:3";
  return made;
}

inline Plan plan(std::vector<Route> routes, Steps steps = {}) {
  Plan made;
  made.channel = "adt";
  made.hash = "made";
  made.routes = std::move(routes);
  made.steps = std::move(steps);
  return made;
}

inline std::string admission(const std::string& id = "M1") {
  return "MSH|^~\\&|WARD|HOSPITAL|LAB|HOSPITAL|20260102093000||ADT^A01^ADT_A01|" + id +
         "|P|2.5.1\rPID|1||100200^^^HOSPITAL^MR||Example^Erika\rPV1|1|I\r";
}

}  // namespace myelin::made
