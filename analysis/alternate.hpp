// When have two programs been measured in turns often enough? Rows that are undecided are measured
// again, twice as often at each look; as every look is a chance to be wrong, each may be so only
// for its share (Bonferroni).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/compare.hpp"

namespace motley::analysis {

struct Pairs {
  std::size_t least = 6, most = 48;
};

/// Pairs after which one looks: least, twice as many ... most.
std::vector<std::size_t> looks(const Pairs& pairs);

/// Measures the pair of that number: these cases, all where there are none. None: it was
/// interrupted.
using MeasurePair =
    std::function<std::optional<RunPair>(std::size_t pair, const std::vector<std::string>& cases)>;

struct Alternated {
  Comparison comparison;
  std::vector<RunPair> pairs;
  bool interrupted = false;
};

/// `said`: progress, a line each. A row's verdict stays as it was when it was decided.
Alternated alternate(const Pairs& pairs, const CompareOptions& options, const MeasurePair& measure,
                     const std::function<void(const std::string&)>& said);

}  // namespace motley::analysis
