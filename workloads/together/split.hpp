// One operator, or a chain of them, as two parts that two processors compute at once: Graph ->
// Graph. Parts take slices of what comes in and of the weights; what they put out is joined under
// the operator's own name. Rows that windows of both parts see (the halo) are computed twice
// between the operators of a chain, never exchanged.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workloads/graph/graph.hpp"

namespace motley::workloads {

enum class SplitAxis { channels, height, batch };
std::string to_string(SplitAxis axis);
/// Throws UnknownName.
SplitAxis split_axis_from(const std::string& name);

struct OperatorSplit {
  /// Consecutive ones: each but the first reads what the one before puts out, and nobody else does.
  std::vector<std::string> operators;
  SplitAxis axis = SplitAxis::channels;
  double ratio = 0.5;  ///< the share of places[1], 0 to 1; of 0 and 1 one place computes all
  std::vector<std::size_t> places = {0, 1};
  std::size_t join = 0;  ///< the place that joins
};

/// Why an operator of this kind cannot be split so; empty: it can.
std::string refuses_split(const Graph& graph, const Operator& op, SplitAxis axis);

/// Splits in place; says in `place_of` where the operators go that it adds or that belong to one
/// part: slices where what they cut is (by `place_of`, elsewhere 0). Parts of `conv1` are
/// `conv1/0` and `conv1/1`. Tensors keep their numbers. Throws UnknownName, BadArgument for a ratio
/// out of range or operators that are no chain, Unsupported where one cannot be split so.
void split(Graph& graph, const OperatorSplit& how, std::map<std::string, std::size_t>& place_of);

/// The longest chain from this operator on that can be split so, at most `length` operators.
std::vector<std::string> chain_from(const Graph& graph, const std::string& first, SplitAxis axis,
                                    std::size_t length);

/// Multiply-accumulates that the parts compute beyond those of the whole, as a share: the halo's.
double repeated_share(const Graph& whole, const Graph& split);

}  // namespace motley::workloads
