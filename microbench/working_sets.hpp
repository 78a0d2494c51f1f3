// Which sizes does a memory case measure? Geometric steps from inside the first cache to well past
// the last one; where the plateaus lie is concluded from the records, not from what the system
// says.
#pragma once

#include <vector>

#include "harness/case.hpp"

namespace motley::microbench {

inline constexpr std::int64_t smallest_working_set_bytes = 16 << 10;

/// Bytes of all arrays of a trial together. smoke: 3 sizes; standard: x4, 512 MiB at most; full:
/// x sqrt(2) to 4 x last-level cache. Never more than a quarter of the memory that is available.
std::vector<schema::Value> working_sets(Processor& processor, Tier tier);

/// Size that surely lies in main memory and that a standard run measures.
std::int64_t largest_working_set_bytes(Processor& processor, Tier tier);

/// Work-groups that run at once: members of a CPU team, compute units of an OpenCL device.
unsigned parallel_units(Processor& processor);

}  // namespace motley::microbench
