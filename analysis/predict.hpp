// How long should an operator and a step take, by nothing but the processor's microbenchmarks? Five
// models, each with one thing more than the one before, so that it is seen which of them mislead.
//   flops       work / peak: what many schedulers split work by
//   roofline    the larger of that and bytes / bandwidth (Williams, Waterman and Patterson, 2009)
//   calls       roofline, and what launches, copies and waits cost, with transfers by their fit
//   blocks      calls, with work rounded up to whole vectors, tiles and rounds of work-groups, and
//               on a CPU the share of the team that computes (after CoDL, Jia et al., MobiSys 2022)
//   calibrated  blocks, by the law that operators of the same kind followed in the other networks
//               of the records (operator_laws.hpp)
// Steps are sums: where a device computes while the host gives commands they are too long.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "analysis/call_costs.hpp"
#include "analysis/ceilings.hpp"
#include "analysis/profiled_network.hpp"

namespace motley::analysis {

enum class Model { flops, roofline, calls, blocks, calibrated };
inline constexpr std::array all_models{Model::flops, Model::roofline, Model::calls, Model::blocks,
                                       Model::calibrated};
std::string to_string(Model model);

/// Seconds by each model, in the order of all_models; absent where what it needs is not measured.
class Prediction {
 public:
  std::optional<double>& operator[](Model model) { return seconds_[std::size_t(model)]; }
  const std::optional<double>& operator[](Model model) const {
    return seconds_[std::size_t(model)];
  }

 private:
  std::array<std::optional<double>, all_models.size()> seconds_;
};

struct OperatorPrediction {
  std::string name, kind, phase, implementation;
  double measured_seconds = 0;
  Prediction predicted;
};

struct StepPrediction {
  std::string processor, network;
  double measured_seconds = 0;  ///< of whole steps, nothing instrumented
  Prediction predicted;
  std::vector<OperatorPrediction> operators;  ///< of the processor itself
  std::optional<double> launches_seconds, copies_seconds, waits_seconds;  ///< as `calls` has them
};

/// What a model is worth over many predictions of one family.
struct Accuracy {
  Model model = Model::flops;
  std::string processor;
  std::string family;       ///< steps, operators, or a kind of operator
  std::size_t count = 0;    ///< that it predicted
  double median_error = 0;  ///< of |predicted / measured - 1|
  double within_tenth = 0;  ///< share with an error of at most 10 %
  double median_ratio = 0;  ///< predicted / measured: below 1 it promises too much
};

struct Predictions {
  std::vector<StepPrediction> steps;  ///< as profiled_networks has them
  std::vector<Accuracy> accuracies;   ///< by processor: steps, operators, then kinds; each model
};

Predictions predict(const schema::Log& log);

/// How much more work is done than asked because shapes are no multiples of the operator's blocks
/// (vectors of `lanes` floats on a CPU, the tuning's tiles on an OpenCL device); at least 1.
double padding(const ProfiledOperator& one, std::int64_t lanes);
/// Share of the processor's cores that compute: members of the team, or work-groups in whole rounds
/// over `cores`; in (0, 1], 1 where it is not known.
double occupancy(const ProfiledOperator& one, std::int64_t cores);

}  // namespace motley::analysis
