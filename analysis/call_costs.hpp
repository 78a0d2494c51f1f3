// What do calls of a processor cost beside the work that they give: a launch, a wait, a copy? From
// the microbenchmarks of the same records. A wait is what a round trip takes longer than a launch;
// the transfers' own figures include one, because each was waited for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analysis/measurement.hpp"
#include "analysis/transfer_series.hpp"

namespace motley::analysis {

struct CallCosts {
  std::optional<double> launch_seconds;     ///< of one in a row of 100
  std::optional<double> fork_join_seconds;  ///< of a CPU's team; absent for one core
  std::optional<double> wait_seconds;       ///< that a queue with work takes longer than its work
  std::optional<TransferSeries> write, read;

  /// Of one copy that is waited for; absent where transfers were not measured.
  std::optional<double> read_seconds(double bytes) const;
  /// Of one copy that nobody waits for.
  std::optional<double> write_seconds(double bytes) const;
  bool has_transfers() const { return write && read; }
};

CallCosts call_costs(const schema::Log& log, const std::vector<Measurement>& all,
                     const std::string& processor);

/// By the law of the sizes around it; between and beyond two sizes by a line through both.
double transfer_seconds(const TransferSeries& series, double bytes);

}  // namespace motley::analysis
