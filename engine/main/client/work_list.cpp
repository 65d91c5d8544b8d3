#include "engine/main/client/work_list.h"

#include <algorithm>

#include "engine/hl7/path.h"
#include "engine/model/batch.h"
#include "routes/steps/code_map.h"
#include "routes/steps/table.h"

namespace myelin {
namespace {

std::string cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos && !text.starts_with('#')) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

// Sees which step found no row, and what stood at the place that its fault names.
class Watch final : public StepObserver {
 public:
  void decided(const Route&, bool) override {}
  void entering(const Route&, DeliveryId) override {}
  void before(const Step&, const Body&) override {}
  void after(const Step& step, const Body& body, bool skipped) override {
    table_ = skipped ? nullptr : dynamic_cast<const routes::CodeMap*>(&step);
    body_ = &body;
  }
  void concluded(const Step&, const Verdict& verdict) override {
    if (found || !table_ || !verdict.fault || verdict.fault->code != FaultCode::unmapped || !body_->hl7()) return;
    const auto path = hl7::parse_path(verdict.fault->at);
    if (path) found = UnmappedCode{table_->table_name(), hl7::read_text(*body_->hl7(), *path)};
  }
  std::optional<UnmappedCode> found;

 private:
  const routes::CodeMap* table_ = nullptr;
  const Body* body_ = nullptr;
};

}  // namespace

std::optional<UnmappedCode> unmapped_code(const Plan& plan, std::string_view route, const Message& message) {
  auto body = Body::read(message.bytes, plan.charset);
  if (!body) return std::nullopt;
  const Body original(*body);
  Context context;
  context.message = &message;
  context.original = &original;
  if (auto batch = read_batch(message, plan.charset)) context.batch = std::move(*batch);
  Watch watch;
  context.observer = &watch;
  const auto verdict = run_steps(plan.steps, *body, context);
  const auto* way = route.empty() ? nullptr : plan.find_route(route);
  if (verdict.kind == Verdict::Kind::pass && way) run_steps(way->steps, *body, context);
  return std::move(watch.found);
}

Result<std::string> with_row(std::string_view csv, std::string_view code,
                             const std::vector<std::pair<std::string, std::string>>& values) {
  config::Diagnostics mistakes;
  const auto source = std::make_shared<const config::SourceText>("table.csv", std::string(csv));
  const auto table = routes::Table::read(source, "table", mistakes);
  if (!mistakes.ok()) return fail(FaultCode::bad_request, "the table has mistakes; `myelin check` shows them");
  const auto& columns = table->columns();
  if (table->lookup(code, columns.front())) return fail(FaultCode::bad_request, "the table has a row for this code");
  std::vector<std::string> row(columns.size());
  row.front() = code;
  for (const auto& [column, value] : values) {
    const auto found = std::ranges::find(columns, column);
    if (found == columns.end() || found == columns.begin()) {
      std::string wrong = "the table has no column '";
      wrong.append(column).append("' for an answer; it has");
      for (std::size_t at = 1; at < columns.size(); ++at) wrong.append(at > 1 ? ", " : " ").append(columns[at]);
      return fail(FaultCode::bad_request, std::move(wrong));
    }
    row[static_cast<std::size_t>(found - columns.begin())] = value;
  }
  const std::string_view line_end = csv.contains("\r\n") ? "\r\n" : "\n";
  std::string text(csv);
  if (!text.empty() && !text.ends_with('\n')) text += line_end;
  for (std::size_t at = 0; at < row.size(); ++at) text += (at > 0 ? "," : "") + cell(row[at]);
  return text.append(line_end);
}

}  // namespace myelin
