// Which measured peak bounds an operator? That of the type it computes with: 8-bit operators take
// the 8-bit cases, whose figures lie far above flops/fp32.
#pragma once

#include <string>
#include <vector>

#include "analysis/measurement.hpp"

namespace motley::analysis {

struct Peak {
  double per_second = 0;   ///< operations; 0: not measured
  std::string case_names;  ///< the case that gave it; unmeasured: those that could
};

/// The best of the peaks of a processor for operands of `dtype` as keys name it (f32, i8; empty:
/// f32), without other load.
Peak operator_peak(const std::vector<Measurement>& all, const std::string& processor,
                   const std::string& dtype);

}  // namespace motley::analysis
