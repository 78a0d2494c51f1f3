// Along which axes is a transfer measured, and which combinations does a tier take? One factor at a
// time about a default (1 MiB, plain buffer, page-aligned host memory, blocking call), so that each
// row differs from a known one in a single choice; crosses belong to full runs.
#pragma once

#include <string>
#include <vector>

#include "harness/case.hpp"

namespace motley::microbench {

inline constexpr std::int64_t default_transfer_bytes = 1 << 20;

/// Steps from `smallest` to 64 MiB in a standard run: x4 and x8 where break points shall be found,
/// x16 and x64 where it is enough to see whether time grows with size; up to 64 B, where the cost
/// of a driver's call is read off, x2 on an OpenCL device. A full run takes x2.
enum class Sizes { x4 = 4, x8 = 8, x16 = 16, x64 = 64 };
Axis bytes_axis(Sizes sizes, std::int64_t smallest = 4);
Axis allocation_axis();  ///< CPU processors: none alone
Axis alignment_axis();
Axis blocking_axis();                        ///< CPU processors: yes alone
Axis access_axis(const std::string& usual);  ///< `usual` first, the only one in smoke runs

/// For Case::keep: in full runs everything; else combinations in which at most one axis differs
/// from its default. Axes without a default, or set by the user, do not count.
std::function<bool(const schema::Parameters&, Tier)> one_factor_at_a_time(
    schema::Parameters defaults);
/// Defaults of all axes above; access=read.
schema::Parameters transfer_defaults();

}  // namespace motley::microbench
