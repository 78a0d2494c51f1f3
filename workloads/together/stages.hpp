// A network cut into stages that lie one behind another: each a graph of its own, with what earlier
// ones put out as its inputs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workloads/models/model.hpp"

namespace motley::workloads {

struct Stage {
  Graph graph;
  /// In the whole network's numbers -> in this graph's. Of what comes from outside or from earlier
  /// stages, and of what later stages or the caller read.
  std::map<TensorId, TensorId> inputs, outputs;
};

/// Where a network can be cut: behind this operator, in the order of the graph.
struct CutPoint {
  std::string name;
  double bytes = 0;  ///< that pass from one side to the other
  double macs = 0;   ///< of all operators before it
};
std::vector<CutPoint> cut_points(const Model& model);

/// The first stage ends with the operator cuts[0], and so on; one more stage than cuts. Throws
/// UnknownName, BadArgument where a stage would be empty or cuts are out of order, Unsupported
/// where two stages would share a state (a key-value cache).
std::vector<Stage> stages_of(const Model& model, const std::vector<std::string>& cuts);

}  // namespace motley::workloads
