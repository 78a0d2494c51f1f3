// Which operators are far below what their processor could do? The bound is the roofline (Williams,
// Waterman and Patterson, 2009): the least of peak arithmetic of the operator's type and arithmetic
// intensity times the bandwidth of main memory, both measured in the same records. Each operand
// counts as moved once.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analysis/ceilings.hpp"
#include "results_schema/record.hpp"

namespace motley::analysis {

/// An operator below this share of its roofline is weak.
inline constexpr double weak_share = 0.25;
/// Of a network, the operators are judged that make up this share of a run; the rest costs little.
inline constexpr double network_share = 0.9;

/// The best implementation of one operator at one shape in one direction.
struct OperatorShare {
  std::string processor;
  std::string network;  ///< whose operator `name` is, without shape and direction; empty: a case's
  std::string name, shape, direction;
  std::string implementation;  ///< empty where the blocks of a network differ
  double share = 0;            ///< of the roofline
  bool memory_bound = false;   ///< as the roofline says, not as measured
};

struct WeakOperators {
  /// Of each processor and each type (f32, i8) of its operators.
  std::map<std::pair<std::string, std::string>, Roof> rooflines;
  std::vector<OperatorShare> weak;  ///< by processor, then network; weakest first
  std::size_t judged = 0;
  std::vector<std::string> without_result;  ///< wrong or failed in every implementation
};

/// From cases op/* with cold operands (warm ones need no main memory), and from networks' profiles.
WeakOperators weak_operators(const schema::Log& log);

/// The same as text; says where the records lack what makes a roofline.
std::string weak_operators_text(const schema::Log& log);

}  // namespace motley::analysis
