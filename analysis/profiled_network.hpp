// Profiles of one network from several blocks as one: the block whose wall time is the median, so
// that its parts add up, with each operator's median over all blocks.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// With what the profile says of how it is cut up; absent where it does not.
struct ProfiledOperator : schema::OperatorTime {
  double executed_flops = 0, executed_bytes = 0;  ///< the algorithm's where nothing else is done
  std::optional<double> launches;                 ///< of kernels in one run
  std::optional<double> members;                  ///< most threads of a CPU that compute it
  std::optional<double> work_groups;              ///< of all launches
  std::optional<double> rows, columns;            ///< of its first output as a matrix
};

struct ProfiledNetwork {
  const schema::Block* block = nullptr;     ///< the median one; of the log
  std::vector<ProfiledOperator> operators;  ///< in the order in which they run
  std::set<std::string> on_cpu;             ///< operators that a device left to the CPU

  const schema::Key& key() const { return block->key; }
  /// 0 where there is none.
  double figure(const std::string& group, const std::string& name) const;
  /// Executed by all operators in one run.
  double flops() const;
  double bytes() const;
  /// What tensors and workspaces take on the processor; 0: not known.
  double memory_bytes() const;
};

/// One for each key with ok blocks that list operators, in the order of the log; none under load.
std::vector<ProfiledNetwork> profiled_networks(const schema::Log& log);

}  // namespace motley::analysis
