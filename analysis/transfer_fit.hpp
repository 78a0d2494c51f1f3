// What does a transfer cost: how much for the call, how much for each byte? Seconds of transfers of
// many sizes become t = alpha + bytes / beta, in few pieces where the law changes (another
// protocol, another level of memory), with the worst residual: a law that does not hold says so.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// One size: median seconds of one transfer.
struct TransferPoint {
  double bytes = 0;
  double seconds = 0;
};

/// Sizes that follow one line: seconds = fixed_seconds + bytes / bytes_per_second.
struct TransferSegment {
  double from_bytes = 0;     ///< break point before it; the smallest size for the first
  double to_bytes = 0;       ///< break point after it; the largest size for the last
  double fixed_seconds = 0;  ///< where the line meets 0 bytes; negative behind a faster segment
  std::optional<double> bytes_per_second;  ///< absent where time does not grow with size
};

struct TransferFit {
  /// affine: every point within 15 % of its segment. zero_copy: nothing is moved, calls only.
  enum class Verdict { affine, not_affine, zero_copy, too_few_sizes };
  Verdict verdict = Verdict::too_few_sizes;
  std::optional<double> alpha_seconds;  ///< median of all transfers of at most 64 bytes
  std::vector<TransferSegment> segments;
  std::optional<double> half_performance_bytes;  ///< reaches half the last segment's bandwidth
  double worst_residual = 0;                     ///< |fitted / seen - 1|
  double worst_residual_bytes = 0;               ///< where that is
  /// Bandwidth of the largest transfers; absent where time does not grow.
  std::optional<double> bytes_per_second() const;
};
std::string to_string(TransferFit::Verdict verdict);

/// Points in any order; several of one size are taken by their median.
TransferFit fit_transfer(std::span<const TransferPoint> points);
/// Seconds that the fit expects; `fit` has segments.
double fitted_seconds(const TransferFit& fit, double bytes);

/// Blocks that differ in nothing but the size.
struct TransferSeries {
  std::string case_name, processor;
  schema::Parameters parameters;      ///< without bytes
  std::vector<TransferPoint> points;  ///< one a block that is ok
  TransferFit fit;
};

/// All series of `transfer/` cases that have at least two sizes, by case, processor, parameters.
/// Bandwidth counts the bytes that the blocks' work counts (a copy within memory: twice its size).
std::vector<TransferSeries> fit_transfers(std::span<const schema::Block> blocks);

}  // namespace motley::analysis
