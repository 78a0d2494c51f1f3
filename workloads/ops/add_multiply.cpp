// Sum and product of two tensors of one shape, or of each row of a tensor with one row [c]:
// residual connections, gates, bias and scale.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

/// The length of the row that input 1 is; 0 where it has the shape of input 0.
std::int64_t row_length(const Call& call) {
  const Shape &a = call.inputs.at(0).shape, &b = call.inputs.at(1).shape;
  if (a == b) return 0;
  if (b.size() == 1 && !a.empty() && b[0] == a.back()) return b[0];
  throw Error(
      fmt::format("{} and {} (the second must have the shape of the first, or be one row "
                  "of its {} columns). Reshape it.",
                  to_string(call.inputs[0]), to_string(call.inputs[1]), a.empty() ? 1 : a.back()));
}

/// dB is dC, or dC A; where B is one row, summed over the rows.
void gradient(GradientRule& rule) {
  const bool product = rule.forward().kind == "multiply";
  const Attributes none;
  const TensorId dc = rule.output_gradient();
  if (rule.wanted(0)) {
    rule.set(0, product ? rule.add("multiply", "backward_a", {dc, rule.input(1)}, none,
                                   Phase::backward_data)
                              .front()
                        : dc);
  }
  if (!rule.wanted(1)) return;
  const bool row = row_length(rule.call()) > 0;
  const Phase phase = row ? Phase::backward_weights : Phase::backward_data;
  TensorId db = dc;
  if (product) {
    db =
        rule.add("multiply", row ? "backward_rows" : "backward_b", {dc, rule.input(0)}, none, phase)
            .front();
  }
  rule.set(1, row ? rule.add("sum_rows", "backward_b", {db}, none, phase).front() : db);
}

OperatorKind make_kind(const std::string& name, const std::string& summary) {
  OperatorKind kind;
  kind.name = name;
  kind.summary = summary;
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 2) throw Error("takes two tensors. Give A and B.");
    row_length(call);
    return {call.inputs[0]};
  };
  kind.work = [](const Call& call) {
    return streaming_work(call, double(call.inputs[0].elements()));
  };
  kind.reference = [product = name == "multiply"](const Call&, const RunScalars&,
                                                  std::span<const Values> inputs,
                                                  std::span<Values> results) {
    for (std::size_t i = 0; i < inputs[0].size(); ++i) {
      const double a = inputs[0][i], b = inputs[1][i % inputs[1].size()];
      results[0][i] = product ? a * b : a + b;
    }
  };
  kind.gradient = gradient;
  kind.differentiable = {0, 1};
  for (const Shape& shape : {Shape{1}, Shape{3, 5}, Shape{2, 3, 4, 17}, Shape{64, 1031}}) {
    kind.examples.push_back({{}, {{shape}, {shape}}});
    kind.examples.push_back({{}, {{shape}, {{shape.back()}}}});
  }
  kind.examples.push_back({{}, {{{1, 7}}, {{7}}}});
  kind.examples.push_back({{}, {{{40, 1}}, {{1}}}});
  return kind;
}

const KindRegistration registration([] {
  return std::vector{make_kind("add", "A + B; B of the shape of A, or one row"),
                     make_kind("multiply", "A * B element by element; B as for add")};
});

Elementwise with(const std::string& entry, const Call& call) {
  const std::int64_t columns = row_length(call);
  return {columns > 0 ? entry + "_row" : entry, all_tensors(call), columns};
}

const ElementwiseRegistration add("add", [](const Call& call) { return with("add", call); });
const ElementwiseRegistration multiply("multiply",
                                       [](const Call& call) { return with("multiply", call); });

}  // namespace
}  // namespace motley::workloads
