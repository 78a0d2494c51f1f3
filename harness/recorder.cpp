#include "harness/recorder.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <system_error>

#include "harness/error.hpp"
#include "results_schema/json_lines.hpp"
#include "results_schema/side_file.hpp"

namespace motley {
namespace {

/// Bytes up to and including the last newline.
std::uintmax_t whole_lines(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::uintmax_t end = 0, position = 0;
  char buffer[1 << 16];
  while (in.read(buffer, sizeof buffer), in.gcount() > 0) {
    const auto count = static_cast<std::size_t>(in.gcount());
    for (std::size_t i = 0; i < count; ++i) {
      if (buffer[i] == '\n') end = position + i + 1;
    }
    position += count;
  }
  return end;
}

}  // namespace

Recorder::Recorder(std::filesystem::path file, Mode mode) : file_(std::move(file)) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(file_, error)) {
    throw Error(fmt::format("{} is a folder (records need a file). Name a file with --out.",
                            file_.string()));
  }
  // A pipe or device has no size to look after.
  regular_ = !fs::exists(file_, error) || fs::is_regular_file(file_, error);
  const bool exists = regular_ && fs::exists(file_, error) && fs::file_size(file_, error) > 0;
  if (exists && mode == Mode::create) {
    throw Error(
        fmt::format("{} already holds records (they would be mixed with new ones). "
                    "Add --resume to go on with it, or name another file with --out.",
                    file_.string()));
  }
  if (!exists && file_.has_parent_path()) fs::create_directories(file_.parent_path(), error);
  error.clear();
  if (exists) {
    written_bytes_ = whole_lines(file_);
    if (written_bytes_ < fs::file_size(file_, error)) fs::resize_file(file_, written_bytes_, error);
  }
  out_.open(file_, std::ios::binary | std::ios::app);
  if (!out_ || error) {
    throw Error(
        fmt::format("cannot write {}: {} (results would be lost). Name another file with "
                    "--out.",
                    file_.string(), error ? error.message() : std::strerror(errno)));
  }
}

void fit_line(schema::Block& block, const std::filesystem::path& log) {
  try {
    schema::move_long_samples(block, log);
  } catch (const schema::BadRecord& error) {
    block.status = schema::Status::failed;
    block.reason = error.what();
    block.samples = {};
  }
}

void Recorder::write(const schema::Record& record) {
  const std::string line = schema::to_line(record) + '\n';
  errno = 0;
  out_.write(line.data(), static_cast<std::streamsize>(line.size()));
  out_.flush();
  std::error_code error;
  if (!out_) {
    const int number = errno;
    out_.close();
    if (regular_) std::filesystem::resize_file(file_, written_bytes_, error);
    throw Error(
        fmt::format("cannot write {}: {} (what was measured last is lost, the lines before "
                    "are whole). Make room, then add --resume.",
                    file_.string(), number ? std::strerror(number) : "stream failed"));
  }
  written_bytes_ += line.size();
  if (regular_ && (std::filesystem::file_size(file_, error) != written_bytes_ || error)) {
    throw Error(
        fmt::format("{} vanished or changed while it was written (somebody else writes there). "
                    "Measure again into a file of its own.",
                    file_.string()));
  }
}

}  // namespace motley
