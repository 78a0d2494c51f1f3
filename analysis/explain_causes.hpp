// The parts of explain: a step's time by cause, what could be saved of it, and the sentences.
#pragma once

#include <vector>

#include "analysis/explain.hpp"

namespace motley::analysis {

/// Fills causes, host and the times; needs the prediction.
void find_causes(const ProfiledNetwork& network, Explanation& to);
/// `others`: all networks of the log, to find the same one in another residency mode.
void find_savings(const ProfiledNetwork& network, const std::vector<ProfiledNetwork>& others,
                  const CallCosts& costs, Explanation& to);
/// Needs causes and savings.
void find_sentences(const ProfiledNetwork& network, Explanation& to);

/// Seconds of a whole step, nothing instrumented; 0: not known.
double whole_seconds(const ProfiledNetwork& network);

}  // namespace motley::analysis
