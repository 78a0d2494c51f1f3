// What does a part of an operator's output need of its inputs?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workloads/together/split.hpp"

namespace motley::workloads {

struct Extent {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
  friend bool operator==(const Extent&, const Extent&) = default;
};
/// None: all of it.
struct Cut {
  std::size_t axis = 0;
  Extent extent;
};
struct PartRule {
  std::vector<std::optional<Cut>> inputs;
  Attributes attributes;  ///< of the part
};

/// Of an output, counted from 0.
std::size_t axis_index(SplitAxis axis, const TensorType& output);
/// `wanted` of output 0 along the axis. Throws Unsupported where the kind cannot be split so.
PartRule part_rule(const std::string& kind, const Call& call, SplitAxis axis, const Extent& wanted);

}  // namespace motley::workloads
