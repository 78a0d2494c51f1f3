// The file that a run writes: appended and flushed line by line, so that a crash costs at most the
// line being written. Reports a full, unwritable or vanished file at the line that met it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "results_schema/record.hpp"

namespace motley {

/// Moves samples that are too many for the block's line of `log` to a file beside it. Where that
/// fails, the block has failed and says why.
void fit_line(schema::Block& block, const std::filesystem::path& log);

class Recorder {
 public:
  enum class Mode { create, resume };
  /// create: refuses a file that already holds something. resume: cuts a last line that a crash
  /// left half written and goes on behind it. Throws Error.
  Recorder(std::filesystem::path file, Mode mode);

  /// Throws Error if the line did not reach the file; the file then ends behind the last whole
  /// line.
  void write(const schema::Record& record);

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::ofstream out_;
  bool regular_ = true;
  std::uintmax_t written_bytes_ = 0;
};

}  // namespace motley
