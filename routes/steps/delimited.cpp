#include "routes/steps/delimited.h"

#include <optional>
#include <set>
#include <utility>

namespace myelin::routes {
namespace {

class Reader {
 public:
  Reader(std::string_view text, char separator) : text_(text), separator_(separator) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  bool done() const { return at_ >= text_.size(); }
  std::size_t line() const { return line_; }

  // The values of the next line; nothing where a quote is not closed.
  std::optional<std::vector<std::string>> row() {
    std::vector<std::string> values(1);
    ++line_;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') continue;
      if (c == '\n' || c == '\r') break;
      if (c == separator_) values.emplace_back();
      else if (c == '"' && values.back().empty()) {
        if (!quoted(values.back())) return std::nullopt;
      } else values.back() += c;
    }
    return values;
  }

 private:
  bool quoted(std::string& value) {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"' && (at_ >= text_.size() || text_[at_] != '"')) return true;
      if (c == '"') ++at_;
      value += c;
    }
    return false;
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0, line_ = 0;
};

Fault wrong(std::string detail, std::size_t line) {
  return {FaultCode::bad_value, std::move(detail), "line " + std::to_string(line), {}};
}

}  // namespace

Result<json::Value> read_delimited(std::string_view text, const DelimitedForm& form) {
  Reader reader(text, form.separator);
  auto columns = form.columns;
  if (columns.empty()) {
    auto first = reader.row();
    if (!first) return fail(wrong("a quote is not closed", 1));
    columns = std::move(*first);
    std::set<std::string_view> seen;
    for (const auto& column : columns)
      if (column.empty() || !seen.insert(column).second) return fail(wrong("each column needs a name of its own", 1));
  }
  json::Array rows;
  while (!reader.done()) {
    auto values = reader.row();
    if (!values) return fail(wrong("a quote is not closed", reader.line()));
    if (values->size() == 1 && values->front().empty()) continue;
    if (values->size() > columns.size()) return fail(wrong("there are more values than columns", reader.line()));
    if (rows.size() == kMostRows) return fail(wrong("there are more than 100,000 lines", reader.line()));
    values->resize(columns.size());
    json::Object row;
    for (std::size_t at = 0; at < columns.size(); ++at) row.push_back({columns[at], std::move((*values)[at])});
    rows.emplace_back(std::move(row));
  }
  json::Value all;
  all.set("rows", std::move(rows));
  return all;
}

}  // namespace myelin::routes
