// OpenCL side of the peak cases: shapes to try, best guess first, and the kernel of one shape.
#pragma once

#include <string>
#include <vector>

#include "harness/case.hpp"
#include "harness/workbench.hpp"

namespace motley::microbench {

std::vector<schema::Value> opencl_chains(Processor& processor);
std::vector<schema::Value> opencl_forms(const std::string& type);
std::vector<schema::Value> opencl_vectors(const std::string& type, Processor& processor);
std::vector<schema::Value> opencl_work_groups(Processor& processor);

/// Why the type cannot be measured there; empty: it can.
std::string opencl_lacks(const std::string& type, Processor& processor);

/// OpenCL C of one shape: kernel `peak(out, a, steps)`.
std::string peak_source(const std::string& type, const std::string& form, std::int64_t vector,
                        std::int64_t chains);

Trial prepare_opencl(const std::string& type, Workbench& bench);

}  // namespace motley::microbench
