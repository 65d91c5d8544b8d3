#include "routes/steps/table.h"

#include <algorithm>

#include "engine/base/counted.h"
#include "engine/base/crypto.h"

namespace myelin::routes {
namespace {

using config::Diagnostics;
using config::Place;

// Reads one CSV record at a time and knows on which line it began.
class CsvReader {
 public:
  CsvReader(const std::shared_ptr<const config::SourceText>& source, Diagnostics& diagnostics)
      : source_(source), text_(source->content()), diagnostics_(diagnostics) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // spreadsheets put a byte order mark there
  }

  // False at the end of the file.
  bool next(std::vector<std::string>& cells, Place& place) {
    while (at_ < text_.size() && skip_blank()) {
    }
    if (at_ >= text_.size()) return false;
    cells.clear();
    place = Place{source_, line_, 1, std::max(1, static_cast<int>(source_->line(line_).size()))};
    while (read_cell(cells, place)) {
    }
    return true;
  }

 private:
  bool skip_blank() {
    const auto end = std::min(text_.find('\n', at_), text_.size());
    auto row = text_.substr(at_, end - at_);
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (!row.empty() && !row.starts_with('#')) return false;
    at_ = std::min(end + 1, text_.size());
    ++line_;
    return true;
  }

  // True when another cell of the same record follows.
  bool read_cell(std::vector<std::string>& cells, const Place& place) {
    if (at_ < text_.size() && text_[at_] == '"') return read_quoted(cells, place);
    const auto end = std::min(text_.find_first_of(",\n", at_), text_.size());
    auto cell = text_.substr(at_, end - at_);
    if (cell.ends_with('\r')) cell.remove_suffix(1);
    cells.emplace_back(cell);
    at_ = end;
    return end_cell();
  }

  bool read_quoted(std::vector<std::string>& cells, const Place& place) {
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[at_++];
      } else {
        ++at_;
        cells.push_back(std::move(cell));
        while (at_ < text_.size() && text_[at_] == '\r') ++at_;
        if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') {
          diagnostics_.add("C0135", place, "something follows the closing quote of a value",
                           "a quote inside a quoted value is doubled: \"\"");
          at_ = std::min(text_.find_first_of(",\n", at_), text_.size());
        }
        return end_cell();
      }
    }
    diagnostics_.add("C0135", place, "a quoted value has no closing quote", "close it with \" on the same row");
    cells.push_back(std::move(cell));
    return false;
  }

  bool end_cell() {
    if (at_ >= text_.size()) return false;
    if (text_[at_++] == ',') return true;
    ++line_;
    return false;
  }

  std::shared_ptr<const config::SourceText> source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::shared_ptr<const Table> Table::read(const std::shared_ptr<const config::SourceText>& source, std::string name,
                                         Diagnostics& diagnostics) {
  auto table = std::make_shared<Table>();
  table->name_ = std::move(name);
  table->digest_ = hex(sha256(source->content()));
  CsvReader reader(source, diagnostics);
  std::vector<std::string> cells;
  Place place;
  if (!reader.next(cells, place)) {
    diagnostics.add("C0135", Place{source, 0, 0, 1}, "the table is empty",
                    "the first row names the columns, for example: code,lab");
    return table;
  }
  table->columns_ = cells;
  if (cells.size() < 2)
    diagnostics.add("C0135", place, "a table needs a key column and at least one more",
                    "the first row names the columns, for example: code,lab");
  while (reader.next(cells, place)) {
    if (table->rows_.size() == kMaxTableRows) {
      diagnostics.add("C0135", place, "the table has more than 100000 rows", "split it, or ask a database");
      break;
    }
    table->add_row(std::move(cells), place, diagnostics);
    cells = {};
  }
  return table;
}

void Table::add_row(std::vector<std::string> cells, const Place& place, Diagnostics& diagnostics) {
  if (cells.size() != columns_.size()) {
    diagnostics.add("C0135", place,
                    "this row has " + counted(cells.size(), "value") + "; the first row names " +
                        counted(columns_.size(), "column"),
                    "a value with a comma in it needs quotes");
    return;
  }
  auto key = cells.front();
  if (!rows_.emplace(key, std::move(cells)).second)
    diagnostics.add("C0135", place, "the key '" + key + "' stands in this table twice", "keep one of the two rows");
}

std::optional<std::string_view> Table::lookup(std::string_view key, std::string_view column) const {
  const auto row = rows_.find(key);
  if (row == rows_.end()) return std::nullopt;
  if (found_) found_(key);
  std::size_t index = 1;
  if (!column.empty()) index = static_cast<std::size_t>(std::ranges::find(columns_, column) - columns_.begin());
  if (index >= row->second.size()) return std::nullopt;
  return row->second[index];
}

std::vector<std::pair<std::string_view, std::string_view>> Table::cells(std::string_view column) const {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (const auto& [key, row] : rows_)
    if (const auto cell = lookup(key, column)) all.emplace_back(key, *cell);
  return all;
}

std::vector<std::string_view> Table::keys() const {
  std::vector<std::string_view> keys;
  for (const auto& [key, cells] : rows_) keys.push_back(key);
  std::ranges::sort(keys);
  return keys;
}

bool Table::has_column(std::string_view column) const { return std::ranges::find(columns_, column) != columns_.end(); }

}  // namespace myelin::routes
