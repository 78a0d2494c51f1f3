// Which few figures of a run stand for the whole of it? The ones that its summary shows and by
// which two runs are compared: the best form of each peak, one figure for each level of memory, two
// for each kind of transfer, one for each question about launches. Searched axes are answers, not
// questions: the best of them is taken, so that two runs compare although their searches differ.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analysis/measurement.hpp"
#include "analysis/plateaus.hpp"

namespace motley::analysis {

struct Headline {
  std::string case_name, processor;
  int revision = 1;
  std::string variant;  ///< what tells rows of one case apart: cached, 4k, idle 1 ms, alpha
  std::optional<Plateau> level;
  bool partial = false;  ///< not measured at all of the level's sizes
  schema::Metric metric = schema::Metric::flops_per_second;
  double value = 0;
  double share_of_ceiling = 0;  ///< 0: not known
  double clock_hertz = 0;       ///< 0: not known
  bool disturbed = false;       ///< half of its blocks or more carry a finding
  std::set<std::string> findings;

  std::string family() const { return family_of(case_name); }
  /// `latency/chase 4k 64 KiB - 1 MiB`: unique on its processor.
  std::string name() const;
};

/// Levels of memory by processor and family (bandwidth, latency): all cores together keep more in
/// their caches than the one thread that chases pointers. A case is a curve over working sets if it
/// was measured at three sizes or more.
using Levels = std::map<std::pair<std::string, std::string>, std::vector<Plateau>>;

Levels memory_levels(const std::vector<Measurement>& all);

/// In the order of the log. Blocks under load and cases without an ok block are left out.
/// `levels`: of the same log, or of the one that it will be compared with.
std::vector<Headline> headlines(const schema::Log& log, const std::vector<Measurement>& all,
                                const Levels& levels);

/// `64 KiB - 1 MiB`, or one size.
std::string to_string(const Plateau& level);

}  // namespace motley::analysis
