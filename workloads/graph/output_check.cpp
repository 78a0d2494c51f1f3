#include "workloads/graph/output_check.hpp"

#include "harness/random.hpp"

namespace motley::workloads {
namespace {

/// Above so many multiply-accumulates a reference is projected where it can be.
constexpr double costly_macs = 4e6;
constexpr std::uint64_t signs_stream = 1000;

Values project(const Values& values, const Values& signs) {
  Values sums(values.size() / signs.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i / signs.size()] += values[i] * signs[i % signs.size()];
  }
  return sums;
}

}  // namespace

OutputCheck::OutputCheck(const OperatorKind& kind, const Call& call, const RunScalars& scalars,
                         std::span<const Values> inputs, std::uint64_t seed) {
  if (kind.projected && kind.macs && kind.macs(call) > costly_macs) {
    signs_.resize(std::size_t(call.outputs[0].shape.back()));
    for (std::size_t i = 0; i < signs_.size(); ++i) {
      signs_[i] = random_unit(seed, signs_stream, i) < 0.5 ? -1 : 1;
    }
    references_ = {kind.projected(call, inputs, signs_)};
    return;
  }
  for (const TensorType& output : call.outputs) {
    references_.emplace_back(std::size_t(output.elements()));
  }
  kind.reference(call, scalars, inputs, references_);
  if (kind.magnitudes) magnitudes_ = kind.magnitudes(call, inputs);
}

double OutputCheck::error(std::size_t i, Values got) const {
  if (!signs_.empty()) got = project(got, signs_);
  if (magnitudes_.empty()) return normalised_error(got, references_.at(i));
  return normalised_error(got, references_.at(i), magnitudes_.at(i));
}

}  // namespace motley::workloads
