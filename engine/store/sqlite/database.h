// SQLite behind our own types: a connection, a statement that is prepared once and used for ever, and errors as Faults.
// One connection belongs to one thread. Text and blobs are bound without a copy: they must outlive the step().
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/crypto.h"
#include "engine/base/fault.h"

namespace myelin::sqlite {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, WallTime value) { return bind(at, value.time_since_epoch().count()); }
  Statement& bind_text(int at, std::string_view value);
  Statement& bind_blob(int at, std::string_view value);
  Statement& bind_digest(int at, const Sha256& value);

  // True: a row is there to be read. False: no more; the statement is ready to be bound again.
  Result<bool> step();
  // For a statement that answers no rows. How many it changed.
  Result<int> run();
  Result<void> execute();  // where that is of no interest
  void reset() { sqlite3_reset(statement_.get()); }

  // Columns of the row that step() found; views are valid until the next step() or reset().
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  WallTime time(int column) const { return WallTime(microseconds(number(column))); }
  std::string_view blob(int column) const;
  std::string text(int column) const { return std::string(blob(column)); }

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
};

// Resets a statement when a reader leaves early, so that its read transaction ends.
class Rows {
 public:
  explicit Rows(Statement& statement) : statement_(&statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows() { statement_->reset(); }
  Result<bool> next() { return statement_->step(); }
  const Statement* operator->() const { return statement_; }

 private:
  Statement* statement_;
};

// Calls `take` with each row of a statement that is bound, until there is none or it answers a fault (Result<void>; or
// it answers nothing). The statement is reset then.
template <class Take>
Result<void> each_row(Statement& statement, Take take) {
  Rows rows(statement);
  for (;;) {
    auto row = rows.next();
    if (!row) return fail(row);
    if (!*row) return {};
    if constexpr (std::is_void_v<std::invoke_result_t<Take, const Statement&>>) {
      take(statement);
    } else if (auto taken = take(statement); !taken) {
      return taken;
    }
  }
}

// What `make` makes of each row.
template <class Make>
auto rows_of(Statement& statement, Make make) -> Result<std::vector<std::invoke_result_t<Make, const Statement&>>> {
  std::vector<std::invoke_result_t<Make, const Statement&>> all;
  auto read = each_row(statement, [&](const Statement& row) { all.push_back(make(row)); });
  if (!read) return fail(read);
  return all;
}

class Database {
 public:
  Database() = default;
  // `flags`: SQLITE_OPEN_…; the connection has no mutex of its own.
  static Result<Database> open(const std::string& path, int flags);

  explicit operator bool() const { return connection_ != nullptr; }
  sqlite3* handle() const { return connection_.get(); }

  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // First column of the first row; empty or 0 when there is none.
  Result<std::int64_t> number(std::string_view sql);
  Result<std::string> text(std::string_view sql);

 private:
  std::unique_ptr<sqlite3, CloseConnection> connection_;
};

// What went wrong last on this connection: disk_reserve when the disk is full, corrupt_row, overloaded when the
// statement was interrupted, bad_request for a broken constraint, else store_failed.
Fault last_fault(sqlite3* connection);

}  // namespace myelin::sqlite
