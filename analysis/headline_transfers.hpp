// What does a run say of transfers? For each kind on each processor the series that was measured at
// most sizes: what a call costs, the rate of the largest size, and the law between them.
#pragma once

#include <optional>
#include <vector>

#include "analysis/headlines.hpp"
#include "analysis/transfer_series.hpp"

namespace motley::analysis {

struct TransferHeadline {
  TransferSeries series;
  std::string variant;            ///< settings that are not the usual ones: write, alloc_host_ptr
  std::optional<Headline> alpha;  ///< seconds of a transfer of at most 64 bytes
  std::optional<Headline> rate;   ///< bytes per second of the largest size, as measured
};

/// By case and processor.
std::vector<TransferHeadline> transfer_headlines(const schema::Log& log,
                                                 const std::vector<Measurement>& all);

}  // namespace motley::analysis
