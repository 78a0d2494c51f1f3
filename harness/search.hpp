// Which implementation parameters are fastest? Coordinate descent from the case's first guess in
// standard runs, every combination in full ones, none in smoke runs. Wrong candidates never win.
#pragma once

#include "harness/case.hpp"
#include "harness/sampler.hpp"

namespace motley {

/// OpenCL programs, at most, that a standard search of one trial builds.
inline constexpr std::size_t most_candidates = 40;

/// `fixed` holds every axis that is not searched (and searched ones that the user set). Returns
/// fixed plus the best correct values; throws Unsupported with the first reason if no candidate
/// runs, or Error if all were wrong. `tried` receives every candidate in the order of trying.
schema::Parameters search(const Stage& stage, const Case& subject, const schema::Parameters& fixed,
                          Tier tier, std::uint64_t seed, std::vector<schema::Candidate>& tried);

/// True if the case has searched axes that `fixed` leaves open.
bool needs_search(const Case& subject, const schema::Parameters& fixed);

}  // namespace motley
