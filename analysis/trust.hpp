// How far can this machine's figures be trusted? From runs of several processes: what differs
// although nothing changed is noise, and no smaller difference between two runs means anything.
#pragma once

#include <string>
#include <vector>

#include "analysis/headlines.hpp"

namespace motley::analysis {

/// How many standard errors a difference between two means of `n` processes each must have to be
/// seen in 4 of 5 cases at a two-sided 5 %: t_0.975 + t_0.80 with 2 (n - 1) degrees of freedom,
/// because their deviation is estimated from the same few processes.
double detectable_errors(double n);

/// Text of `motley run --trust`: A/A floor, spread between and within processes, smallest
/// detectable change by family, causes ranked.
std::string trust(const schema::Log& log);

/// How much one family's headlines moved between two runs.
struct Moves {
  std::string family;
  std::vector<double> moved;  ///< |second / first - 1| of each headline that both runs have
  int some = 0;               ///< moved by more than 4 %
  int far = 0;                ///< moved by more than 10 %
  int with_finding = 0;       ///< have a finding in any block of either run
  int marked = 0;             ///< have findings in half the blocks of either run
  int far_with_finding = 0;   ///< of the far ones
  int far_marked = 0;         ///< of the far ones
};

struct MovedRow {
  std::string name, processor;
  double first = 0, second = 0;
  std::set<std::string> findings;  ///< of either run
};

struct Repeatability {
  std::vector<Moves> families;
  Moves all;
  std::vector<MovedRow> far;  ///< farthest first
  std::size_t unmatched = 0;  ///< headlines that only one of the runs has
};

/// Two runs of the same machine. Memory levels are those of the first.
Repeatability repeat(const schema::Log& first, const schema::Log& second);

/// The same as text; says so where the runs are not comparable.
std::string repeatability(const schema::Log& first, const schema::Log& second);

}  // namespace motley::analysis
