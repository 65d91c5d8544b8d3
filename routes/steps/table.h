// A look-up table: conf/tables/NAME.csv. The first row names the columns, the first column is the key, the second the
// answer unless a step names another. UTF-8; quoted fields as in RFC 4180; blank lines and lines that begin with # are
// skipped. A key is found in constant time. Limits: kMaxTableRows rows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/config/diagnostic.h"
#include "routes/expr/formula.h"

namespace myelin::routes {

inline constexpr std::size_t kMaxTableRows = 100'000;

class Table final : public expr::Table {
 public:
  // Mistakes are reported and their rows left out; a table without a row of column names is empty.
  static std::shared_ptr<const Table> read(const std::shared_ptr<const config::SourceText>& source, std::string name,
                                           config::Diagnostics& diagnostics);

  // `column` empty: the second column. Nothing when there is no such key or column.
  std::optional<std::string_view> lookup(std::string_view key, std::string_view column) const override;
  bool has_column(std::string_view column) const override;
  // Each key with what stands in the column (empty: the second), in no order.
  std::vector<std::pair<std::string_view, std::string_view>> cells(std::string_view column) const;

  const std::string& name() const { return name_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t size() const { return rows_.size(); }
  std::vector<std::string_view> keys() const;  // sorted
  // Told of each key that is found; coverage of tests listens, the daemon does not.
  void listen(std::function<void(std::string_view key)> found) const { found_ = std::move(found); }
  const std::string& digest() const { return digest_; }  // of the file's text, for Plan.hash

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  void add_row(std::vector<std::string> cells, const config::Place& place, config::Diagnostics& diagnostics);

  std::string name_;
  std::string digest_;
  std::vector<std::string> columns_;
  std::unordered_map<std::string, std::vector<std::string>, Hash, std::equal_to<>> rows_;
  mutable std::function<void(std::string_view)> found_;
};

}  // namespace myelin::routes
