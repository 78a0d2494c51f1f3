// The shapes at which operators are measured: data files in workloads/shapes/, one an operator
// or a family of the same operands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

struct NamedShape {
  std::string name;        ///< resnet18/3x3x64@56
  Tier tier = Tier::full;  ///< the least tier that measures it
  Attributes attributes;
  std::vector<TensorType> inputs;
};

/// Of one operator kind, in the file's order; empty where no file names the kind. Throws Error for
/// a file that is not what it should be.
std::vector<NamedShape> shapes_of(const std::string& kind);

/// The embedded files' texts.
std::vector<std::string_view> shape_files();

}  // namespace motley::workloads
