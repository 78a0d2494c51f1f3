// What differs around two runs? A figure changes with its driver, governor, temperature or compiler
// as well as with the code; whoever compares must see it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct ContextDifference {
  std::string what;  ///< driver_version of opencl:0
  std::string first, second;
  /// Figures that differ in this are of different things: device, exec_context, build. Empty: they
  /// may be compared with care.
  std::string refused_as;
};

/// Which processor of the second side answers to one of the first: the same stable id, else (after
/// an update of its driver) the same kind and name, else, where devices differ, the same id on the
/// command line.
std::map<std::string, std::string> matching_processors(const schema::Run& first,
                                                       const schema::Run& second);

/// Each difference once, those that refuse first. Load and temperature count where they differ by
/// more than 1 and 5 degrees.
std::vector<ContextDifference> context_differences(const std::vector<schema::Run>& first,
                                                   const std::vector<schema::Run>& second);

}  // namespace motley::analysis
