// Which choices of implementations were measured before, by this or another process? A file of JSON
// lines, one choice a line, appended and flushed one by one: a crash costs the line being written.
// A choice counts only for the program that measured it: another build has other kernels.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::workloads {

/// What was measured for one call, by names: the program that reads it may lack them.
struct StoredChoice {
  std::string key;  ///< processor, call and contenders
  std::string implementation;
  schema::Parameters tuning;
  double seconds = 0;                    ///< of one run
  std::vector<schema::Candidate> tried;  ///< all that were measured
};

class TuningFile {
 public:
  /// Reads what `program` measured; the file need not exist. Cuts a last line that a crash left
  /// half written. Throws schema::BadRecord on a file of anything else, Error where it cannot be
  /// read or made.
  TuningFile(std::filesystem::path file, std::string program);

  /// Null: not known.
  const StoredChoice* find(const std::string& key) const;
  /// Of a key measured again the last line counts. Throws Error if the line did not reach the file.
  void append(const StoredChoice& choice);

  const std::filesystem::path& path() const { return file_; }
  std::size_t appended() const { return appended_; }

 private:
  void read();

  std::filesystem::path file_;
  std::string program_;
  std::map<std::string, StoredChoice> known_;
  std::size_t appended_ = 0;
};

/// A short hash, the same on every platform (64-bit FNV-1a as 16 digits).
std::string short_hash(const std::string& text);

}  // namespace motley::workloads
