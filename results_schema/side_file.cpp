#include "results_schema/side_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

#include "results_schema/json_lines.hpp"
#include "results_schema/sha256.hpp"

namespace motley::schema {
namespace {

constexpr std::int64_t buckets_per_doubling = 32;
constexpr std::uintmax_t most_values = 1 << 27;  // 1 GiB: 15 million queries with all columns

/// Every column of samples that the line may hold, by its key.
const std::vector<std::pair<std::string, std::vector<double> Samples::*>>& columns() {
  static const std::vector<std::pair<std::string, std::vector<double> Samples::*>> all{
      {"started_seconds", &Samples::started_seconds},
      {"host_seconds", &Samples::host_seconds},
      {"device_seconds", &Samples::device_seconds},
      {"device_busy_seconds", &Samples::device_busy_seconds},
      {"waited_seconds", &Samples::waited_seconds},
      {"scheduled_seconds", &Samples::scheduled_seconds},
      {"enqueued_seconds", &Samples::enqueued_seconds},
      {"latency_seconds", &Samples::latency_seconds}};
  return all;
}
constexpr const char* segment_column = "segment";

std::uint64_t little_endian(std::uint64_t bits) {
  return std::endian::native == std::endian::little ? bits : __builtin_bswap64(bits);
}

void append(const std::vector<double>& values, std::vector<std::byte>& bytes) {
  for (const double value : values) {
    const std::uint64_t bits = little_endian(std::bit_cast<std::uint64_t>(value));
    const auto* from = reinterpret_cast<const std::byte*>(&bits);
    bytes.insert(bytes.end(), from, from + sizeof bits);
  }
}

std::vector<double> column_at(std::size_t index, std::size_t count,
                              std::span<const std::byte> bytes) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, bytes.data() + (index * count + i) * sizeof bits, sizeof bits);
    values[i] = std::bit_cast<double>(little_endian(bits));
  }
  return values;
}

/// Unlike a line of JSON, bytes can be any number. Segments are small, times of the monotonic clock
/// below a century.
void refuse_strange(const std::vector<double>& values, const std::string& column) {
  const bool fine = std::all_of(values.begin(), values.end(),
                                [](double value) { return value >= 0 && value < 1e10; });
  if (!fine)
    throw BadRecord(fmt::format("side_file: {} holds what is no number of seconds", column));
}

void write_file(const std::filesystem::path& file, const std::vector<std::byte>& bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  out.close();
  if (out) return;
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  throw BadRecord(
      fmt::format("{} cannot be written (the block has more samples than a line holds, "
                  "and its folder is full or read-only). Give --out another folder.",
                  file.string()));
}

std::vector<std::byte> read_file(const std::filesystem::path& file, std::uintmax_t bytes) {
  std::error_code error;
  const std::uintmax_t found = std::filesystem::file_size(file, error);
  if (error || found != bytes) {
    throw BadRecord(fmt::format(
        "{} is {} (it holds the block's samples, {} bytes). Keep it beside the records",
        file.string(), error ? "not there" : fmt::format("{} bytes long", found), bytes));
  }
  std::vector<std::byte> content(bytes);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(content.data()), std::ssize(content));
  if (!in) {
    throw BadRecord(
        fmt::format("{} cannot be read (it holds the block's samples). Look at its "
                    "permissions",
                    file.string()));
  }
  return content;
}

bool fits(const Block& block) {
  constexpr std::size_t shortest_number = 4;  // 0.0 and a comma
  std::size_t values = block.samples.segment.size() / 2;
  for (const auto& [name, member] : columns()) values += (block.samples.*member).size();
  if (values * shortest_number > most_line_bytes) return false;
  try {
    to_line(block);
    return true;
  } catch (const BadRecord&) {  // too long, or not finite: then the caller meets it again
    return false;
  }
}

}  // namespace

Histogram histogram(std::span<const double> values) {
  std::map<double, std::int64_t> counts;
  for (const double value : values) {
    double lower = 0;
    if (value > 0 && std::isfinite(value)) {
      int exponent = 0;
      const double mantissa = std::frexp(value, &exponent);  // in [0.5, 1)
      const auto bucket = std::floor((2 * mantissa - 1) * double(buckets_per_doubling));
      lower = std::ldexp(1 + bucket / double(buckets_per_doubling), exponent - 1);
    }
    ++counts[lower];
  }
  Histogram result;
  result.buckets_per_doubling = buckets_per_doubling;
  for (const auto& [lower, count] : counts) {
    result.lower.push_back(lower);
    result.counts.push_back(count);
  }
  return result;
}

void move_long_samples(Block& block, const std::filesystem::path& log) {
  constexpr std::size_t always_fit = 4096;  // 9 columns of 20 digits each are less than a line
  const std::size_t count = block.samples.host_seconds.size();
  if (count <= always_fit || fits(block)) return;
  std::error_code ignored;
  if (std::filesystem::exists(log, ignored) && !std::filesystem::is_regular_file(log, ignored)) {
    throw BadRecord(
        fmt::format("{} is no file that others can lie beside (the block has more samples than a "
                    "line holds). Give --out a file.",
                    log.string()));
  }
  SideFile side;
  std::vector<std::byte> bytes;
  Samples rest = block.samples;
  const auto take = [&](const std::string& name, const std::vector<double>& values) {
    if (values.size() != count) return false;
    side.columns.push_back(name);
    append(values, bytes);
    return true;
  };
  std::map<std::string, Histogram> histograms;
  for (const auto& [name, member] : columns()) {
    if (!take(name, rest.*member)) continue;
    const bool is_time_of_day =
        name == "started_seconds" || name == "scheduled_seconds" || name == "enqueued_seconds";
    if (!is_time_of_day) histograms[name] = histogram(rest.*member);
    (rest.*member).clear();
  }
  if (take(segment_column, {rest.segment.begin(), rest.segment.end()})) rest.segment.clear();
  side.count = static_cast<std::int64_t>(count);
  side.sha256 = sha256(bytes);
  // By what it holds: no other block of this file, whatever run appends it, can take its name.
  std::filesystem::path file = log;
  file += fmt::format(".{}.samples", side.sha256.substr(0, 16));
  side.file = file.filename().string();
  block.samples = std::move(rest);
  block.histograms = std::move(histograms);
  block.side_file = std::move(side);
  to_line(block);
  write_file(file, bytes);
}

void fetch_samples(Block& block, const std::filesystem::path& folder) {
  if (!block.side_file) return;
  const SideFile& side = *block.side_file;
  if (std::filesystem::path(side.file).filename() != side.file || side.count <= 0 ||
      side.columns.empty()) {
    throw BadRecord(fmt::format("side_file/{} is no file beside this one", side.file));
  }
  const auto count = static_cast<std::uintmax_t>(side.count);
  const std::uintmax_t values = count * side.columns.size();
  if (values / side.columns.size() != count || values > most_values) {
    throw BadRecord(
        fmt::format("side_file/count is {} (more than memory is asked for)", side.count));
  }
  const std::vector<std::byte> bytes = read_file(folder / side.file, values * sizeof(double));
  if (sha256(bytes) != side.sha256) {
    throw BadRecord(
        fmt::format("{} was altered (its SHA-256 is not the one in the line). Fetch the original",
                    (folder / side.file).string()));
  }
  for (std::size_t i = 0; i < side.columns.size(); ++i) {
    std::vector<double> content = column_at(i, count, bytes);
    refuse_strange(content, side.columns[i]);
    if (side.columns[i] == segment_column) {
      block.samples.segment.assign(content.begin(), content.end());
    }
    for (const auto& [name, member] : columns()) {
      if (name == side.columns[i]) block.samples.*member = std::move(content);
    }
  }
  if (block.samples.host_seconds.empty()) {
    throw BadRecord("side_file/columns: host_seconds is not among them");
  }
}

}  // namespace motley::schema
