// What does a transfer cost: how much for the call, how much for each byte? Seconds of transfers of
// many sizes become t = alpha + bytes / beta, in few pieces where the law changes (another
// protocol, another level of memory), with the worst residual: a law that does not hold says so.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

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
  std::optional<double> bytes_per_second;  ///< absent where growth is no more than the noise
};

struct TransferFit {
  /// affine: every point within 15 % of its segment. zero_copy: nothing is moved, calls only.
  enum class Verdict { affine, not_affine, zero_copy, too_few_sizes };
  Verdict verdict = Verdict::too_few_sizes;
  std::optional<double> alpha_seconds;  ///< median of all transfers of at most 64 bytes
  std::vector<TransferSegment> segments;
  std::optional<double> half_performance_bytes;  ///< reaches half the last segment's slope
  double worst_residual = 0;                     ///< |fitted / seen - 1|
  double worst_residual_bytes = 0;               ///< where that is
  /// Slope of the last segment; absent where time does not grow, and where the verdict is not
  /// affine: a line that misses its points says nothing of bytes that are added.
  std::optional<double> bytes_per_second() const;
};
std::string to_string(TransferFit::Verdict verdict);

/// Points in any order; several of one size are taken by their median.
TransferFit fit_transfer(std::span<const TransferPoint> points);

}  // namespace motley::analysis
