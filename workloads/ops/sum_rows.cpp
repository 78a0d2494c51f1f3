// Sums over all axes but the last: the gradient of everything that one row was added to.
#include <cmath>

#include "harness/error.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

OperatorKind sum_rows() {
  OperatorKind kind;
  kind.name = "sum_rows";
  kind.summary = "y[c] = sum of x[..., c]";
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 1 || call.inputs[0].shape.empty()) {
      throw Error("takes one tensor with at least one axis. Reshape it.");
    }
    TensorType result = call.inputs[0];
    result.shape = {result.shape.back()};
    return {result};
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = [](const Call&, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    const std::size_t columns = results[0].size();
    for (std::size_t i = 0; i < inputs[0].size(); ++i) results[0][i % columns] += inputs[0][i];
  };
  kind.magnitudes = [](const Call& call, std::span<const Values> inputs) {
    Values sums(std::size_t(call.outputs[0].elements()));
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      sums[i % sums.size()] += std::abs(inputs[0][i]);
    }
    return std::vector<Values>{sums};
  };
  for (const Shape& shape : {Shape{1}, Shape{5}, Shape{3, 1}, Shape{2, 3, 4, 10}, Shape{600, 17},
                             Shape{32, 70}, Shape{40000, 6}, Shape{2, 513, 129}}) {
    kind.examples.push_back({{}, {{shape}}});
  }
  return kind;
}

const KindRegistration registration([] { return std::vector{sum_rows()}; });

const BothRegistration both("sum_rows", [](const Call& call, Processor& processor,
                                           const schema::Parameters& tuning) {
  Lowered lowered;
  Reduction(lowered, processor, tuning)
      .sum_rows(Input{0}, Output{0}, rows_of(call.inputs[0]), columns_of(call.inputs[0]));
  return lowered;
});

}  // namespace
}  // namespace motley::workloads
