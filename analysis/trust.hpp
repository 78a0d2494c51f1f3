// How far can this machine's figures be trusted? From runs of several processes: what differs
// although nothing changed is noise, and no smaller difference between two runs means anything.
#pragma once

#include <string>

#include "results_schema/record.hpp"

namespace motley::analysis {

/// Text of `motley run --trust`: A/A floor, spread between and within processes, smallest
/// detectable change by family, causes ranked.
std::string trust(const schema::Log& log);

/// Two runs of the same machine: how much did headline figures move, and did findings warn of it?
std::string repeatability(const schema::Log& first, const schema::Log& second);

}  // namespace motley::analysis
