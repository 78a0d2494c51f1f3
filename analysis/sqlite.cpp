#include "analysis/sqlite.hpp"

#include <cmath>
#include <fmt/format.h>
#include <sqlite3.h>

#include "results_schema/json_lines.hpp"

namespace motley::analysis {
namespace {

constexpr int wait_milliseconds = 10000;  // for another program that is adding to the same file

std::string what_to_try(int code, const std::string& name) {
  switch (code) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
      return fmt::format(
          "{} is no database of SQLite, or damaged (its runs cannot be read). "
          "Name another file with --store, or restore a copy.",
          name);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format("{} is in use (another program is writing to it). Try again.", name);
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return fmt::format(
          "{} cannot be written (its disk is full or broken; it holds what it held "
          "before). Make room and try again.",
          name);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return fmt::format(
          "{} cannot be opened (no such folder, or no permission). Name another file "
          "with --store.",
          name);
    default:
      return {};
  }
}

}  // namespace

Database::Database(const std::filesystem::path& file, Access access)
    : name_(file.string()), handle_(nullptr, sqlite3_close) {
  std::error_code error;
  if (access == Access::existing && !std::filesystem::exists(file, error)) {
    throw schema::BadRecord(fmt::format(
        "{} is not there (it holds the runs). Begin it with motley history add, or name another "
        "file with --store.",
        name_));
  }
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (access == Access::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(name_.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) refuse(code);
  sqlite3_busy_timeout(handle, wait_milliseconds);
}

void Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) refuse(code);
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

void Database::refuse(int code) const {
  constexpr int without_details = 0xFF;  // extended codes add bits above
  const std::string told = what_to_try(code & without_details, name_);
  if (!told.empty()) throw schema::BadRecord(told);
  throw schema::BadRecord(
      fmt::format("{} is no history of motley, or damaged ({}). Name another file with --store.",
                  name_, handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code)));
}

Statement::Statement(const Database& database, std::string_view sql)
    : database_(&database), statement_(nullptr, sqlite3_finalize) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database.handle_.get(), sql.data(), static_cast<int>(sql.size()),
                           &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_->refuse(code);
}

Statement& Statement::bind(int place, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), place, value));
  return *this;
}

Statement& Statement::bind(int place, double value) {
  check(sqlite3_bind_double(statement_.get(), place, value));
  return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
  check(sqlite3_bind_text64(statement_.get(), place, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int place, std::optional<double> value) {
  if (value) return bind(place, *value);
  check(sqlite3_bind_null(statement_.get(), place));
  return *this;
}

bool Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->refuse(code);
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::execute() {
  while (next()) {
  }
}

std::int64_t Statement::whole(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::optional<double> Statement::number(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  const double value = sqlite3_column_double(statement_.get(), column);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  const int bytes = sqlite3_column_bytes(statement_.get(), column);
  return text ? std::string(text, static_cast<std::size_t>(bytes)) : std::string();
}

Transaction::Transaction(Database& database) : database_(database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const schema::BadRecord&) {  // SQLite has rolled back by itself
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace motley::analysis
