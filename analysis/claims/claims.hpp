// Do published statements about deep learning on mixed processors hold on this device? Each is data
// (claims.json) and a rule over measurements. What surprises: on an OpenCL device that is a CPU,
// rules about GPUs are computed all the same, but as a rehearsal, without a verdict.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results_schema/record.hpp"

namespace motley::analysis {

struct Claim {
  std::string id, statement, source;
  std::string rule;     ///< empty where its cases do not exist yet
  std::string missing;  ///< which cases; else empty
  bool needs_gpu = true;
  std::vector<std::string> cases;     ///< whose records the rule looks at
  std::vector<std::string> networks;  ///< widths of the networks it is about, smallest first
  std::string residency, model;       ///< of the networks, where the rule wants one
  std::vector<std::string> implementations;
  std::map<std::string, double> limits;
  /// Arguments of motley; {cpu} and {device} stand for processors.
  std::vector<std::string> commands;

  /// Throws std::out_of_range where the data have no such limit.
  double limit(const char* name) const { return limits.at(name); }
};

/// As published with this program.
const std::vector<Claim>& claims();
/// Throws schema::BadRecord.
std::vector<Claim> parse_claims(std::string_view json);

/// A figure behind a verdict: of 784-256-128-16, ratio 4.6.
struct ClaimFigure {
  std::string of, name;  ///< the unit is the name's end: _seconds, _per_second, share, ratio
  double value = 0;
};
std::string to_text(const ClaimFigure& figure);

struct ClaimVerdict {
  enum class Judgement { holds, does_not_hold, cannot_be_measured };
  std::string id, statement, source;
  Judgement judgement = Judgement::cannot_be_measured;
  std::string why;        ///< never empty where it cannot be measured
  std::string processor;  ///< of which this was asked; empty where none could be
  /// Figures of an OpenCL device that is no GPU; what the rule would say of them.
  std::optional<bool> rehearsal;
  std::vector<ClaimFigure> figures;
  std::vector<std::string> commands;  ///< that measure what it needs, as a shell takes them
};
/// holds here, does not hold here, cannot be measured here
std::string to_string(ClaimVerdict::Judgement judgement);

/// One verdict a claim: of the first processor that can be judged, GPUs first. Suspect blocks and
/// blocks under load count for nothing; of emulated records nothing is judged.
std::vector<ClaimVerdict> judge_claims(const schema::Log& log,
                                       const std::vector<Claim>& all = claims());

/// The commands of a claim for these processors, as arguments of motley.
std::vector<std::vector<std::string>> arguments_of(const Claim& claim, const std::string& cpu,
                                                   const std::string& device);

/// At most 80 columns.
std::string claims_text(const std::vector<ClaimVerdict>& verdicts);
std::string claims_json(const std::vector<ClaimVerdict>& verdicts);

}  // namespace motley::analysis
