// Which operators are far below what their processor could do? The bound is the roofline (Williams,
// Waterman and Patterson, 2009): the least of peak arithmetic and arithmetic intensity times the
// bandwidth of main memory, both measured in the same records. Each operand counts as moved once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// An operator below this share of its roofline is weak.
inline constexpr double weak_share = 0.25;
/// Of a network, the operators are judged that make up this share of a run; the rest costs little.
inline constexpr double network_share = 0.9;

struct Roofline {
  double flops_per_second = 0;  ///< the best of flops/fp32; 0: not measured
  double bytes_per_second = 0;  ///< the best of bandwidth/* in the last level; 0: not measured
  std::string bandwidth_from;   ///< bandwidth/triad at 16 MiB or more
};

/// The best implementation of one operator at one shape in one direction; of a network: the case,
/// the operator's own name, no direction.
struct OperatorShare {
  std::string processor, name, shape, direction, implementation;
  double share = 0;           ///< of the roofline
  bool memory_bound = false;  ///< as the roofline says, not as measured
};

struct WeakOperators {
  std::map<std::string, Roofline> rooflines;  ///< of each processor that has operators
  std::vector<OperatorShare> weak;            ///< weakest first, by processor
  std::size_t judged = 0;
  std::vector<std::string> without_result;  ///< wrong or failed in every implementation
};

/// From cases op/* with cold operands (warm ones need no main memory), and from networks' profiles.
WeakOperators weak_operators(const schema::Log& log);

/// The same as text; says where the records lack what makes a roofline.
std::string weak_operators_text(const schema::Log& log);

}  // namespace motley::analysis
