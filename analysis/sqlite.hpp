// SQLite as values and exceptions. What is wrong with a file is told as BadRecord, in one line with
// its name: not a database, damaged, written by somebody else, locked, full.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace motley::analysis {

class Database;

/// One statement: bind from 1, then step through its rows; columns count from 0.
class Statement {
 public:
  Statement(const Database& database, std::string_view sql);

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, double value);
  Statement& bind(int place, std::string_view value);
  Statement& bind(int place, std::optional<double> value);
  /// True while there is a row.
  bool next();
  /// Runs a statement that has no rows, and makes it ready for the next values.
  void execute();

  std::int64_t whole(int column) const;
  std::optional<double> number(int column) const;  ///< none where it is no finite number
  std::string text(int column) const;

 private:
  void check(int code) const;

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

class Database {
 public:
  enum class Access { existing, create };
  Database(const std::filesystem::path& file, Access access);

  void execute(const char* sql);
  std::int64_t last_row() const;
  const std::string& name() const { return name_; }
  /// What SQLite says, as BadRecord.
  [[noreturn]] void refuse(int code) const;

 private:
  friend class Statement;
  std::string name_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
};

/// All or nothing: what is not committed is undone, also after a crash.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace motley::analysis
