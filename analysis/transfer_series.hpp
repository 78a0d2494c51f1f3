// Which transfers were measured at which sizes, and what law does each kind follow? Blocks of
// `transfer/` cases become series over sizes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/transfer_fit.hpp"
#include "results_schema/record.hpp"

namespace motley::analysis {

/// Blocks that differ in nothing but the size.
struct TransferSeries {
  std::string case_name, processor;
  schema::Parameters parameters;      ///< without bytes
  std::vector<TransferPoint> points;  ///< one a block that is ok, as in the log
  TransferFit fit;
  std::size_t sizes = 0;
  double largest_bytes = 0;
  /// Median over the blocks of the largest size, nothing fitted; absent where nothing was moved.
  std::optional<double> largest_bytes_per_second;
};

/// All series of `transfer/` cases, by case, processor, parameters; none under load. Bandwidth and
/// slopes count the bytes that the blocks' work counts, read and written: a copy within memory
/// twice its size.
std::vector<TransferSeries> fit_transfers(std::span<const schema::Block> blocks);

}  // namespace motley::analysis
