// What could a processor do at most? The figures of its microbenchmarks: operations a second by
// type and unit, bytes a second by level of memory. Levels are those of the bandwidth curve itself.
// Of each ceiling the best case that was measured counts: a faster one may exist.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/headlines.hpp"
#include "analysis/operator_peak.hpp"

namespace motley::analysis {

struct ArithmeticCeiling {
  std::string processor;
  std::string dtype;      ///< as keys name it: f32, bf16, i8
  std::string unit;       ///< vector, dot_product or matrix
  std::string case_name;  ///< flops/fp32
  double per_second = 0;  ///< operations
};

struct MemoryCeiling {
  std::string processor;
  Plateau level;
  bool main_memory = false;  ///< the last level, or the largest size where there is no curve
  std::string case_name;     ///< bandwidth/triad non_temporal
  double bytes_per_second = 0;
};

/// The two ceilings of one operator: the least time of its work is the larger of flops / peak and
/// bytes / bandwidth (Williams, Waterman and Patterson, 2009).
struct Roof {
  Peak peak;
  double bytes_per_second = 0;  ///< 0: not measured
  std::string bandwidth_from;   ///< bandwidth/triad at 16 MiB or more
  bool known() const { return peak.per_second > 0 && bytes_per_second > 0; }
  /// 0 where it is not known.
  double least_seconds(double flops, double bytes) const;
  bool memory_bound(double flops, double bytes) const;
};

class Ceilings {
 public:
  /// `all`: of the same log.
  Ceilings(const schema::Log& log, const std::vector<Measurement>& all);

  /// By processor, in the order of the log; the best of each type and unit.
  const std::vector<ArithmeticCeiling>& arithmetic() const { return arithmetic_; }
  /// By processor; the nearest level first.
  const std::vector<MemoryCeiling>& memory() const { return memory_; }
  /// Null where the processor's bandwidth was not measured.
  const MemoryCeiling* main_memory(const std::string& processor) const;
  /// The nearest level that holds so many bytes; main memory where none does.
  const MemoryCeiling* level_of(const std::string& processor, double bytes) const;
  /// For operands of `dtype`, from main memory or, where `working_set_bytes` is given, from the
  /// level that holds these.
  Roof roof(const std::string& processor, const std::string& dtype,
            std::optional<double> working_set_bytes = std::nullopt) const;

 private:
  void add_arithmetic(const Measurement& one);
  void add_memory(const std::vector<Measurement>& all, const std::string& processor,
                  const Levels& levels);

  std::map<std::pair<std::string, std::string>, Peak> peaks_;  ///< by processor and dtype
  std::vector<ArithmeticCeiling> arithmetic_;
  std::vector<MemoryCeiling> memory_;
};

/// The type of an operator's or network's operands: f32 where the key does not say.
std::string dtype_of(const schema::Key& key);

}  // namespace motley::analysis
