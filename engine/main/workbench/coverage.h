// Coverage: what of the channels no test has reached. Steps, both sides of each `when` and `if`, routes, and rows of
// tables are listed from the files; a StepObserver notes what the tests reach.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/config/node.h"
#include "engine/fhir/json.h"
#include "engine/main/console.h"
#include "engine/model/plan.h"
#include "routes/compile/compile.h"

namespace myelin {

enum class Covered : std::uint8_t { step, branch, route, row };

struct CoverageGap {
  Covered kind;
  std::string place;  // "conf/channels/adt.yaml:24:7"
  std::string what;   // "`drop`: its `when` was never true"
};

struct CoverageCount {
  std::size_t reached = 0, all = 0;
};

struct CoverageReport {
  std::map<Covered, CoverageCount> counts;
  std::vector<CoverageGap> gaps;  // in the order of the files
  // Of steps, branches and routes; rows are counted beside them, since a table may have a hundred thousand.
  double percent() const;
};

// Lives while the tests run; `compiled` outlives it.
class Coverage final : public StepObserver {
 public:
  explicit Coverage(const routes::Compiled& compiled);
  ~Coverage() override;
  Coverage(const Coverage&) = delete;
  Coverage& operator=(const Coverage&) = delete;

  void decided(const Route& route, bool wanted) override;
  void entering(const Route& /*route*/, DeliveryId /*delivery*/) override { open_.clear(); }
  void before(const Step& step, const Body& body) override;
  void after(const Step& step, const Body& body, bool skipped) override;

  // Of the channel files given and the blocks of `directory`.
  CoverageReport report(const std::string& directory, const std::set<std::string>& files) const;

 private:
  struct Open {
    std::string place;
    bool inner = false;  // a step inside it ran
  };
  class Listing;

  const routes::Compiled& compiled_;
  std::vector<Open> open_;
  std::set<std::string, std::less<>> met_, ran_, skipped_, bare_;  // places; bare: ran, and nothing inside it did
  std::set<std::string, std::less<>> wanted_, unwanted_;
  std::map<std::string, std::set<std::string, std::less<>>> rows_;
};

void print_coverage(const Console& console, const CoverageReport& report);
json::Value coverage_json(const CoverageReport& report);

}  // namespace myelin
