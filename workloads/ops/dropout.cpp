// Dropout (Srivastava et al., 2014), scaled in training: an element falls with probability `rate`,
// the others grow by 1/(1 - rate). Whether one falls follows from the run scalars seed and step,
// the attribute stream and its index alone: every processor drops the same ones, and the gradient
// is the same operator again.
#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/random.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

/// Of 2^24 elements.
std::int64_t drops(const Call& call) {
  return std::llround(call.number("rate") * 0x1p24);
}

std::uint64_t number(const RunScalars& scalars, const char* name) {
  return static_cast<std::uint64_t>(scalars.at(name));
}

OperatorKind dropout() {
  OperatorKind kind;
  kind.name = "dropout";
  kind.summary = "y = 0 with probability rate, else x / (1 - rate)";
  kind.attributes = {{"rate", "share of elements that fall", 0.5},
                     {"stream", "another number for each dropout of a network", std::int64_t{0}}};
  kind.run_scalars = {"seed", "step"};
  kind.outputs = [](const Call& call) {
    const double rate = call.number("rate");
    if (!(rate >= 0 && rate < 1)) {
      throw Error(
          fmt::format("rate {} (a share of elements). Give at least 0 and less than 1.", rate));
    }
    return same_as_inputs(call, 1);
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = [](const Call& call, const RunScalars& scalars, std::span<const Values> inputs,
                      std::span<Values> results) {
    const std::uint64_t key = random_bits(
        number(scalars, "seed"), std::uint64_t(call.integer("stream")), number(scalars, "step"));
    const double limit = double(drops(call)) * 0x1p-24, scale = 1 / (1 - call.number("rate"));
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      results[0][i] = random_unit(key, 0, i) < limit ? 0 : inputs[0][i] * scale;
    }
  };
  kind.gradient = [](GradientRule& rule) {
    if (!rule.wanted(0)) return;
    rule.set(0, rule.add("dropout", "backward", {rule.output_gradient()}, rule.forward().attributes,
                         Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  for (const Shape& shape : {Shape{1}, Shape{3, 37}, Shape{40, 1031}}) {
    kind.examples.push_back({{{"rate", 0.3}, {"stream", std::int64_t{5}}}, {{shape}}});
  }
  kind.examples.push_back({{{"rate", 0.0}}, {{{50}}}});
  return kind;
}

const KindRegistration registration([] { return std::vector{dropout()}; });

const ElementwiseRegistration forms("dropout", [](const Call& call) {
  return Elementwise{
      "dropout",
      {Input{0}, Output{0}, RunScalar{"seed", true}, RunScalar{"step", true},
       whole(call.integer("stream")), whole(drops(call)), single(1 / (1 - call.number("rate")))}};
});

}  // namespace
}  // namespace motley::workloads
