// What does a run say of transfers? For each kind on each processor two figures of the series that
// was measured at most sizes: alpha, and the bandwidth of the largest.
#pragma once

#include <vector>

#include "analysis/headlines.hpp"

namespace motley::analysis {

std::vector<Headline> transfer_headlines(const schema::Log& log,
                                         const std::vector<Measurement>& all);

}  // namespace motley::analysis
