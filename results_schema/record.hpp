// What one line of a Motley file says. Types only: writing, reading and validating are in
// json_lines.hpp, validate.hpp and export.hpp. SI units throughout; the unit is part of each name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace motley::schema {

/// Raised when the meaning of an existing key changes; new keys do not raise it.
inline constexpr int version = 1;

/// One value of an axis: a count, a ratio or a name. Part of a block's key.
using Value = std::variant<std::int64_t, double, std::string>;
using Parameters = std::map<std::string, Value>;
std::string to_string(const Value& value);

/// One thing known of a device, a processor or the conditions; the unit is in its name.
using Fact = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;
using Facts = std::map<std::string, Fact>;

/// What one run costs, counted from the algorithm.
struct Work {
  double flops = 0;          ///< arithmetic operations of the type in the case's name (FMA = 2)
  double bytes_read = 0;     ///< explicit loads, as STREAM counts: write-allocate is not included
  double bytes_written = 0;  ///< explicit stores
  double operations =
      0;  ///< the case's own events: dependent loads, launches, atomics, chain steps
  friend bool operator==(const Work&, const Work&) = default;
};

/// Distance from the reference: the worse of before and after timing. Correct if error <=
/// tolerance.
struct Check {
  double error = 0;
  double tolerance = 0;
  friend bool operator==(const Check&, const Check&) = default;
};

/// Columns of equal length, or empty where the processor cannot tell. One entry a sample.
struct Samples {
  std::vector<double> started_seconds;  ///< since the worker started, CLOCK_MONOTONIC
  std::vector<double> host_seconds;     ///< wall time of the whole sample (runs_per_sample runs)
  std::vector<double> device_seconds;   ///< last END minus first START
  std::vector<double> device_busy_seconds;  ///< union of the commands' START..END
  std::vector<double> waited_seconds;       ///< run-queue delay of the measuring thread
  // Of queries, which a scenario lets arrive; host_seconds is then the time of service.
  std::vector<double>
      scheduled_seconds;                 ///< when it was to arrive, on the clock of started_seconds
  std::vector<double> enqueued_seconds;  ///< when the generator handed it over
  std::vector<double> latency_seconds;   ///< from scheduled (closed loops: enqueued) to completed
  std::vector<std::int64_t> segment;  ///< the scenario's step, state, probe, place in a burst ...
  friend bool operator==(const Samples&, const Samples&) = default;
};

/// Something about a block that a reader must know; samples are kept all the same.
struct Finding {
  std::string kind;   ///< noisy, drift, bimodal, preempted, migrated, suspended, throttled, ...
  std::string cause;  ///< one sentence with the figures that made us say so
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Does a scenario's measurement answer its question?
struct Validity {
  std::string verdict;  ///< valid, semivalid (too few or too short, but sure all the same), invalid
  std::vector<std::string> reasons;  ///< with figures and what to change; none where valid
  friend bool operator==(const Validity&, const Validity&) = default;
};

/// What one background load did over the window of the samples.
struct LoadLevel {
  std::string load;       ///< as it was asked for: memory:read_gbps=5
  std::string processor;  ///< on which it ran; empty where it needs none
  /// By quantity, the unit in its name: read_bytes_per_second, duty, frames_per_second ...
  std::map<std::string, double> asked, achieved;
  std::map<std::string, double> alone;  ///< just before, when nothing else ran
  std::string reason;  ///< why an achieved level is more than 5 % off the asked one; else empty
  Facts details;
  friend bool operator==(const LoadLevel&, const LoadLevel&) = default;
};

/// Counts of values by logarithmic-linear buckets: each doubling has `buckets_per_doubling` of
/// equal width. Only buckets that hold something, ascending.
struct Histogram {
  std::int64_t buckets_per_doubling = 32;
  std::vector<double> lower;  ///< bound of each bucket; 0: what is not positive
  std::vector<std::int64_t> counts;
  friend bool operator==(const Histogram&, const Histogram&) = default;
};

/// Samples that are too many for a line: columns one after another, each `count` little-endian
/// IEEE doubles.
struct SideFile {
  std::string file;    ///< its name, in the folder of the file that names it
  std::string sha256;  ///< of its bytes, hexadecimal
  std::int64_t count = 0;
  std::vector<std::string> columns;  ///< members of samples, in order
  friend bool operator==(const SideFile&, const SideFile&) = default;
};

/// One candidate that a search over implementation axes tried.
struct Candidate {
  Parameters parameters;
  double seconds = 0;  ///< median of one run; 0 where it was not timed
  std::string status;  ///< as a block's
  std::string reason;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// What one operator of a network took in a step; the time of the processor that computes it.
struct OperatorTime {
  std::string name, kind, phase, implementation;
  double seconds = 0;
  double copy_seconds = 0;  ///< copies, conversions and waits on its account
  double flops = 0;
  double bytes = 0;  ///< read and written, counted from the algorithm
  friend bool operator==(const OperatorTime&, const OperatorTime&) = default;
};

enum class Status { ok, suspect, unsupported, wrong, failed, skipped };
std::string to_string(Status status);

/// What a block's samples answer. Gives direction and unit of the derived figure.
enum class Metric {
  flops_per_second,       ///< work.flops / run time, higher is better
  bytes_per_second,       ///< (bytes_read + bytes_written) / run time, higher is better
  seconds_per_operation,  ///< run time / work.operations, lower is better
  operations_per_second,  ///< work.operations / run time, higher is better (clock: hertz)
};
std::string to_string(Metric metric);

struct Cluster {
  std::string name;  ///< big, little, mid ... or cluster0 where the cores are all alike
  std::vector<int> cores;
  Facts facts;  ///< capacity, maximum_frequency_hertz, midr, governor ...
  friend bool operator==(const Cluster&, const Cluster&) = default;
};

struct Cache {
  int level = 0;
  std::string type;  ///< data, instruction or unified
  std::int64_t bytes = 0;
  std::int64_t line_bytes = 0;
  std::vector<int> shared_by;  ///< cores, as the system says
  bool confirmed = false;      ///< true only where a measurement showed the plateau
  friend bool operator==(const Cache&, const Cache&) = default;
};

struct Device {
  std::string id;    ///< stable: a hash of what does not change between boots
  std::string name;  ///< model as a person would call it
  std::vector<Cluster> clusters;
  std::vector<Cache> caches;
  Facts facts;  ///< os, kernel, cpu_name, isa, page_bytes, memory_total_bytes, ...
  friend bool operator==(const Device&, const Device&) = default;
};

struct Processor {
  std::string id;         ///< as the command line says it: cpu, cpu:0-1, opencl:0/1of2
  std::string stable_id;  ///< platform, name, vendor, driver, bus: comparable between boots
  std::string kind;       ///< cpu, gpu or accelerator, as the device itself says
  std::string name;
  Facts facts;
  friend bool operator==(const Processor&, const Processor&) = default;
};

/// First line of a run: who measured, with what, on what, how.
struct Run {
  std::string id;       ///< random, unique to this run
  std::string started;  ///< UTC, ISO 8601
  std::string motley_version, commit, compiler, flags, build;
  bool dirty = false;
  std::vector<std::string> argv;
  Device device;
  std::vector<Processor> processors;
  Facts conditions;
  std::string exec_context = "desktop";  ///< desktop, shell or app
  std::string tier;                      ///< smoke, standard or full; empty where it was not told
  bool emulated = false;                 ///< delays or failures were injected
  std::uint64_t seed = 0;
  friend bool operator==(const Run&, const Run&) = default;
};

/// What makes two blocks samples of the same measurement.
struct Key {
  std::string case_name;
  int revision = 1;
  std::string processor;
  Parameters parameters;
  std::string engine = "motley";  ///< or google_benchmark
  std::string scenario = "throughput";
  std::string load = "none";
  friend bool operator==(const Key&, const Key&) = default;
};
/// `case/name/revision=1/processor=cpu/axis=value...`: sorted, stable, one line.
std::string to_string(const Key& key);

struct Begin {
  Key key;
  int round = 0, process = 0, order = 0;
  friend bool operator==(const Begin&, const Begin&) = default;
};

struct Block {
  Key key;
  Status status = Status::ok;
  std::string reason;  ///< never empty unless ok
  int round = 0, process = 0;
  int order = 0;  ///< position in the run that measured it
  Metric metric = Metric::flops_per_second;
  Work work;
  std::optional<Work>
      executed_work;  ///< where an implementation does other work than the algorithm
  std::optional<Check> check;
  std::int64_t runs_per_sample = 1;
  Samples samples;
  std::vector<double> warmup_seconds;  ///< host time of each warm-up block's median run
  std::string stopped_by;              ///< interval, samples, budget, interrupt or accuracy
  std::optional<double> clock_hertz;   ///< core clock in this block (CPU processors)
  std::optional<double> ceiling_flops_per_second;  ///< what the hardware could do at that clock
  std::map<std::string, double>
      phases;  ///< seconds: prepare, check, warmup, sample, search, scaling
  /// Of one run: host, device, gap (the device's, by what the host did) and run in seconds; counts
  /// are counts, of bytes in bytes.
  std::map<std::string, std::map<std::string, double>> timeline;
  std::vector<OperatorTime> operators;  ///< of a network, in the order in which they run
  std::map<std::string, std::vector<double>> series;    ///< columns: step, loss, accuracy ...
  std::map<std::string, double> memory;                 ///< bytes by category
  std::map<std::string, std::vector<double>> readings;  ///< instrument: [at start, at end]
  Facts details;  ///< what the case adds: zero_copy, build options, fit inputs ...
  std::optional<Validity> validity;       ///< of a scenario with queries
  std::map<std::string, double> figures;  ///< that a scenario concludes; the unit in each name
  std::vector<LoadLevel> loads;
  std::optional<SideFile> side_file;            ///< where samples are, if not in the line
  std::map<std::string, Histogram> histograms;  ///< of samples in a side file, by column
  std::optional<double> steal_seconds;
  std::optional<std::int64_t> involuntary_switches;
  std::vector<Finding> findings;
  std::string selected_by;  ///< search, guess or auto; empty where every axis was given
  std::vector<Candidate> search;
  std::string repro;    ///< a command line that measures this block again
  std::size_t run = 0;  ///< set by reading a file, not written: index of its run in Log::runs
  friend bool operator==(const Block&, const Block&) = default;
};

/// Last line; without it the run did not finish.
struct End {
  Facts conditions;
  std::map<std::string, std::int64_t> counts;  ///< blocks by status
  std::string reason;                          ///< complete, budget, interrupted, failed: ...
  double wall_seconds = 0;
  double harness_share =
      0;                ///< share of wall time spent outside prepare, check, warm-up and sampling
  std::size_t run = 0;  ///< as a block's: the run that it closes
  friend bool operator==(const End&, const End&) = default;
};

using Record = std::variant<Run, Begin, Block, End>;

/// What a file (or several) holds, in order; unknown record kinds are passed over.
struct Log {
  std::vector<Run> runs;
  std::vector<Begin> begins;
  std::vector<Block> blocks;
  std::vector<End> ends;
};

}  // namespace motley::schema
