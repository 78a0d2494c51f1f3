// One record, one line. Reading gives every defect of a file with its line number; a last line that
// was cut by a crash is a defect of its own kind, so that a run can be resumed behind it.
#pragma once

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::schema {

/// A file or line that is no Motley record: what(): `file:line: what is wrong (why). What to try.`
class BadRecord : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a reader must hold in memory at once, at most.
inline constexpr std::size_t most_line_bytes = 1 << 20;

/// However long. Throws BadRecord on a non-finite number.
std::string to_json(const Record& record);
/// One line without the newline. Throws BadRecord on a non-finite number or a line above 1 MiB.
std::string to_line(const Record& record);

/// The record of one line, or nothing if its kind is unknown to this version.
/// Throws BadRecord (without file and line) if it is not JSON, or a key has the wrong type.
std::optional<Record> parse_line(std::string_view line);

enum class CutLine { refuse, pass_over };

/// Samples beside the line: checked and read, or left there for who asks for keys alone.
enum class LongSamples { read, leave };

/// Hands over one record after another, so that a file may be larger than memory; blocks and ends
/// know the index of their run in this file. `cut` as below.
void read_records(const std::filesystem::path& file, CutLine cut, LongSamples long_samples,
                  const std::function<void(Record)>& take);

/// Reads a whole file. `cut` says what to do with a last line without newline: refuse it where it
/// does not parse, or pass over it in any case, because whoever resumes the file cuts it off.
Log read_log(const std::filesystem::path& file, CutLine cut = CutLine::refuse,
             LongSamples long_samples = LongSamples::read);

/// One log of several files of one device. Each file's processes get numbers of their own; there
/// are ends only if every file has one behind its last run, so that an unfinished file is told.
/// Throws BadRecord where devices differ, only some are emulated, or two files hold the same run.
Log read_logs(const std::vector<std::string>& files, CutLine cut = CutLine::refuse);

}  // namespace motley::schema
