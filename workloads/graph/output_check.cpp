#include "workloads/graph/output_check.hpp"

#include <algorithm>
#include <cmath>

#include "harness/random.hpp"

namespace motley::workloads {
namespace {

/// Above so many multiply-accumulates a reference is projected where it can be.
constexpr double costly_macs = 4e6;
constexpr std::uint64_t weights_stream = 1000;

Values project(const Values& values, const Values& weights) {
  Values sums(values.size() / weights.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i / weights.size()] += values[i] * weights[i % weights.size()];
  }
  return sums;
}

constexpr double tolerated_missing_change = 0.01;

/// Share of the reference's change that got lacks, beyond what rounding to f32 may take: of the
/// result, or of the terms where `sizes` says that they may cancel (a running mean).
double missing_change(const Values& got, const Values& reference, const Values& before,
                      const Values& sizes) {
  constexpr double rounding = 1e-6, rounding_of_sums = 1e-5;
  double missing = 0, change = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    change += std::abs(reference[i] - before[i]);
    const double tolerated = std::max(rounding * std::abs(reference[i]),
                                      sizes.empty() ? 0 : rounding_of_sums * sizes[i]);
    missing += std::max(0.0, std::abs(got[i] - reference[i]) - tolerated);
  }
  return change > 0 ? missing / change : 0;
}

}  // namespace

OutputCheck::OutputCheck(const OperatorKind& kind, const Call& call, const RunScalars& scalars,
                         std::span<const Values> inputs, std::uint64_t seed) {
  if (kind.projected && kind.macs && kind.macs(call) > costly_macs) {
    weights_.resize(std::size_t(call.outputs[0].shape.back()));
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      const double sign = random_unit(seed, weights_stream, i) < 0.5 ? -1 : 1;
      weights_[i] = sign * (0.5 + random_unit(seed, weights_stream + 1, i));
    }
    references_ = {kind.projected(call, inputs, weights_)};
    return;
  }
  for (const TensorType& output : call.outputs) {
    references_.emplace_back(std::size_t(output.elements()));
  }
  kind.reference(call, scalars, inputs, references_);
  for (const auto& [output, input] : kind.in_place) before_[output] = inputs[input];
  if (kind.magnitudes) magnitudes_ = kind.magnitudes(call, inputs);
}

double OutputCheck::error(std::size_t i, Values got) const {
  if (!weights_.empty()) got = project(got, weights_);
  const double error = magnitudes_.empty()
                           ? normalised_error(got, references_.at(i))
                           : normalised_error(got, references_.at(i), magnitudes_.at(i));
  const auto before = before_.find(i);
  if (before == before_.end()) return error;
  const double missing = missing_change(got, references_.at(i), before->second,
                                        magnitudes_.empty() ? Values{} : magnitudes_.at(i));
  return missing > tolerated_missing_change ? std::max(error, missing) : error;
}

}  // namespace motley::workloads
