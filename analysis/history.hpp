// How did each figure of a device go over the runs, commit by commit? A file that keeps runs: one
// row a run, one a measurement. A series is one figure of one key on one processor, called by its
// stable id, in one context and kind of build: OpenCL devices change places, phones run the same
// code faster in an app than in a shell.
// A surprise: runs are in the order of the times at which they began, or of their commits where add
// was told those, not in the order in which they were added.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "analysis/sqlite.hpp"
#include "results_schema/record.hpp"

namespace motley::analysis {

/// Figure of one run: median over the blocks of its measurement.
struct HistoryPoint {
  std::string run, commit, started;
  bool dirty = false;
  std::string status;             ///< as a block's, or invalid: the scenario says so itself
  std::optional<double> value;    ///< SI, finite and above 0; none where nothing was measured
  std::vector<double> processes;  ///< one figure a process
  std::int64_t blocks = 0;
  bool accepted = false;  ///< a new level begins here, and somebody said that it may

  bool counts() const { return status == "ok" && value; }
};

struct HistorySeries {
  std::int64_t number = 0;  ///< its name in this file
  std::string device, device_name, exec_context, build;
  std::string processor;     ///< stable id
  std::string processor_id;  ///< as the last run that was added called it: cpu, opencl:0
  std::string key;           ///< to_string(Key) without the processor and what was chosen
  std::string name;          ///< flops/fp32 width=8, without the processor
  std::string metric;        ///< as to_string(Metric), or the name of a scenario's figure
  std::vector<HistoryPoint> points;

  /// 1 where more is better, -1 where less is: seconds and joules.
  int direction() const;
};

struct HistoryRun {
  std::string id, device, device_name, commit, started, tier, file;
  bool dirty = false;
  bool finished = false;  ///< its end line said so
  std::int64_t measurements = 0;
};

/// What is empty lets all pass.
struct HistoryFilter {
  std::optional<std::regex> key;
  std::string device;  ///< a part of its id or name
  std::string metric;
  std::optional<std::int64_t> number;
};

struct Added {
  std::size_t runs = 0, grown = 0, known = 0;  ///< new; known with fewer blocks; known as they are
  std::size_t measurements = 0;
};

class History {
 public:
  using Access = Database::Access;
  /// Throws schema::BadRecord where the file is no history, damaged or not to be opened.
  History(const std::filesystem::path& file, Access access);

  /// All runs of a log or none. A run that was resumed is one; a run that is there already changes
  /// nothing, unless it has more blocks by now. `commit_time`: ISO 8601, of the commit that was
  /// measured, where that is to be the order. `written`, for tests: called before the end.
  /// Throws schema::BadRecord for emulated runs, for logs without a run or measurement, and for
  /// times that are none.
  Added add(const schema::Log& log, const std::string& file, const std::string& commit_time = "",
            const std::function<void()>& written = {});

  std::vector<HistoryRun> runs(const HistoryFilter& filter = {}) const;
  std::vector<HistorySeries> series(const HistoryFilter& filter = {}) const;

  /// A new level begins with this run: what is before it is no baseline any more. False where the
  /// series has no such run.
  bool accept(std::int64_t series, const std::string& run);

  /// Standard deviation of the logarithm of a figure between runs of the same level: what a gate
  /// must expect to differ although nothing changed. `run` is of the log that the key is of. None
  /// for fewer than 6 runs since the last change.
  std::optional<double> noise(const schema::Run& run, const schema::Key& key,
                              const std::string& metric) const;

 private:
  mutable Database database_;
};

/// The stable id of the processor, or of several at once (cpu:0+opencl:0), that a key names; the
/// id itself where the run does not say, or where several share it.
std::string stable_processor(const schema::Run& run, const std::string& id);
/// to_string(key) without its processor.
std::string key_without_processor(const schema::Key& key);

}  // namespace motley::analysis
