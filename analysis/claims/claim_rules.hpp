// What a claim's rule sees, and what it says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analysis/claims/claims.hpp"
#include "analysis/measurement.hpp"

namespace motley::analysis {

struct Ruling {
  std::optional<bool> holds;  ///< none: what it needs is not there
  std::string why;            ///< then what is not
  std::vector<ClaimFigure> figures;
};

struct Evidence {
  explicit Evidence(const schema::Log& all);
  const schema::Log& log;
  std::vector<Measurement> alone;  ///< with ok blocks, of one processor, without a load
};

/// The processor that is asked about, as the log calls it.
using ClaimRule = Ruling (*)(const Claim& claim, const Evidence& evidence,
                             const std::string& processor);
/// Null for a name that no rule has.
ClaimRule claim_rule(const std::string& name);

/// cpu, cpu:0-3: the host's cores, no OpenCL device on them.
bool is_host(const std::string& processor);
/// Seconds of one run, or of one operation where that is what the case tells.
double seconds_of(const Measurement& one);
/// The last ok block of a key, for its timeline; null: none.
const schema::Block* last_block(const schema::Log& log, const schema::Key& key);

Ruling training_slower(const Claim&, const Evidence&, const std::string& processor);
Ruling movement_share(const Claim&, const Evidence&, const std::string& processor);
Ruling ratio_falls(const Claim&, const Evidence&, const std::string& processor);
Ruling bandwidth_is_the_cause(const Claim&, const Evidence&, const std::string& processor);
Ruling residency_removes(const Claim&, const Evidence&, const std::string& processor);
Ruling best_ratio(const Claim&, const Evidence&, const std::string& processor);
Ruling clear_preference(const Claim&, const Evidence&, const std::string& processor);
Ruling flops_mislead(const Claim&, const Evidence&, const std::string& processor);
Ruling macs_mislead(const Claim&, const Evidence&, const std::string& processor);
Ruling cpu_beats_gpu(const Claim&, const Evidence&, const std::string& processor);
Ruling no_winner_everywhere(const Claim&, const Evidence&, const std::string& processor);
Ruling division_loses(const Claim&, const Evidence&, const std::string& processor);

}  // namespace motley::analysis
