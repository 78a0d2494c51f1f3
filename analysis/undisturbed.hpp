// Did the speed change that a program has while nobody disturbs it? Of programs that were measured
// in turns, where others use the machine: on virtual machines and phones figures have two states or
// more (the core's other thread is busy or idle, a cluster is throttled or not), a third apart,
// that last for seconds, so that medians tell which state a process met. What is in the way only
// ever slows, hence the fastest speeds resemble each other (Chen and Revels 2016, "Robust
// benchmarking in noisy environments", argue so for minima).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "analysis/change.hpp"

namespace motley::analysis {

/// Of pairs: `first[i]` and `second[i]` are the speeds of the fastest sample of both processes. The
/// ratio is that of the geometric means over the fastest twelfth of each side's processes, at least
/// three. p: share of 20,000 sign flips (both processes of a pair change sides, which changes
/// nothing where the programs are the same) with a ratio at least as far from 1. Its error is the
/// deviation over 1000 resamples of the pairs. None for fewer than 6 pairs.
///
/// Measured: a matrix product of 512 on one core of a virtual machine that knows 85 and 120
/// Gflop/s, processes of 0.1 s, pairs in looks of 6, 12, 24 and 48: a kernel that is 4.5 % slower
/// was found in 9 of 10 attempts (5 of them by 24 pairs), and the same program was "the same" in
/// 10 of 10. Student's test of the pairs' medians alone, whose error was still 2 % after 200 pairs,
/// found it in 1 of 4. Where all samples are equally disturbed it sees little that medians do not.
std::optional<TestedRatio> undisturbed_ratio(std::span<const double> first,
                                             std::span<const double> second,
                                             std::uint64_t seed = 1);

}  // namespace motley::analysis
