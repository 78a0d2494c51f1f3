// Which sizes does a memory case measure? Geometric steps from inside the first cache to well past
// the last one; where the plateaus lie is concluded from the records, not from what the system
// says.
#pragma once

#include <vector>

#include "harness/case.hpp"

namespace motley::microbench {

inline constexpr std::int64_t smallest_working_set_bytes = 16 << 10;

/// Bytes of all arrays of a trial together, up to largest_working_set_bytes. smoke: 3 sizes;
/// standard: x4; full: x sqrt(2).
std::vector<schema::Value> working_sets(Processor& processor, Tier tier);

/// Size that surely lies in main memory: four times the last-level caches; in standard runs of CPUs
/// at most 512 MiB, or twice the caches where these are larger. Other processors do not tell their
/// last-level cache: 1 GiB at least. smoke: 64 MiB, wherever that lies. Never more than a quarter
/// of the memory that is available, nor than one buffer may have.
std::int64_t largest_working_set_bytes(Processor& processor, Tier tier);

/// Bytes that other members move so that they load the main memory: 64 MiB each, or twice the
/// last-level caches together; never more than a quarter of the memory.
std::int64_t traffic_bytes(Processor& processor);

/// Work-groups that run at once: members of a CPU team, compute units of an OpenCL device.
unsigned parallel_units(Processor& processor);

}  // namespace motley::microbench
