#include "engine/store/sqlite/database.h"

#include <fmt/format.h>

namespace myelin::sqlite {
namespace {

FaultCode code_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_FULL:
      return FaultCode::disk_reserve;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return FaultCode::corrupt_row;
    case SQLITE_INTERRUPT:
      return FaultCode::overloaded;
    case SQLITE_CONSTRAINT:
      return FaultCode::bad_request;
    default:
      return FaultCode::store_failed;
  }
}

}  // namespace

Fault last_fault(sqlite3* connection) {
  const int extended = sqlite3_extended_errcode(connection);
  // The message names tables and columns, never values.
  return {code_of(extended),
          fmt::format("SQLite {}: {} (system error {})", extended, sqlite3_errmsg(connection),
                      sqlite3_system_errno(connection)),
          {},
          {}};
}

Statement& Statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}

Statement& Statement::bind_text(int at, std::string_view value) {
  sqlite3_bind_text(statement_.get(), at, value.empty() ? "" : value.data(), static_cast<int>(value.size()),
                    SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view value) {
  sqlite3_bind_blob64(statement_.get(), at, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_digest(int at, const Sha256& value) {
  return bind_blob(at, {reinterpret_cast<const char*>(value.data()), value.size()});
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto fault = last_fault(sqlite3_db_handle(statement_.get()));
  reset();
  return fail(std::move(fault));
}

Result<int> Statement::run() {
  auto row = step();
  if (!row) return fail(row);
  return sqlite3_changes(sqlite3_db_handle(statement_.get()));
}

Result<void> Statement::execute() {
  auto changed = run();
  if (!changed) return fail(changed);
  return {};
}

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return data ? std::string_view(data, size) : std::string_view();
}

Result<Database> Database::open(const std::string& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.connection_.reset(raw);
  if (code != SQLITE_OK) return fail(last_fault(raw));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 2000);
  return database;
}

Result<void> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return fail(last_fault(handle()));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return fail(last_fault(handle()));
  return Statement(raw);
}

Result<std::int64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(statement);
  auto row = statement->step();
  if (!row) return fail(row);
  return *row ? statement->number(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return fail(statement);
  auto row = statement->step();
  if (!row) return fail(row);
  return *row ? statement->text(0) : std::string();
}

}  // namespace myelin::sqlite
