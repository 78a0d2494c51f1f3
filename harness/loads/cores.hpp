// On which cores does a load run? On those that on=, cluster= and threads= name; else on cores that
// the measured processor does not use, and only where there are none beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/machine.hpp"
#include "harness/spec.hpp"

namespace motley::loads {

struct Cores {
  std::vector<std::unique_ptr<Processor>> processors;  ///< one a core, one a thread of the load
  std::string id;  ///< of all together, as a processor's: cpu:1,3
  schema::Facts details;
};

std::vector<SpecParameter> one_core_parameters();  ///< on and cluster
/// threads too; fallback 0: one on each of these cores.
std::vector<SpecParameter> core_parameters(std::int64_t threads_fallback);

/// threads 0: one on each. Throws BadArgument for more threads than cores and for on= and cluster=
/// together, and what opening a processor throws.
Cores choose_cores(const Spec& spec, Machine& machine, const std::string& victim,
                   std::int64_t threads = 1);

/// The cores that a processor, or several as `cpu:0+opencl:0`, keeps busy; of OpenCL devices that
/// are no CPU none.
std::vector<int> cores_in_use(Machine& machine, const std::string& ids);

}  // namespace motley::loads
