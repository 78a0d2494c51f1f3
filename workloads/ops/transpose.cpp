// The axes of a tensor in another order: axis k of the output is axis order[k] of the input. The
// gradient is the inverse order.
#include <fmt/format.h>

#include "harness/error.hpp"
#include "workloads/graph/differentiate.hpp"
#include "workloads/ops/number_list.hpp"
#include "workloads/ops/strided_copy.hpp"

namespace motley::workloads {
namespace {

std::vector<std::size_t> order_of(const Call& call) {
  const Shape numbers = numbers_of(call.text("order"), ',');
  const std::size_t rank = call.inputs.at(0).shape.size();
  std::vector<std::size_t> order;
  std::vector<bool> seen(rank);
  for (const std::int64_t number : numbers) {
    if (number < 0 || number >= std::int64_t(rank) || seen[std::size_t(number)]) break;
    seen[std::size_t(number)] = true;
    order.push_back(std::size_t(number));
  }
  if (order.size() != rank || numbers.size() != rank) {
    throw Error(fmt::format("order {} of {} (each of the axes 0 to {} must occur once). Name all.",
                            call.text("order"), to_string(call.inputs[0]), rank - 1));
  }
  return order;
}

std::string inverse(const std::vector<std::size_t>& order) {
  Shape result(order.size());
  for (std::size_t k = 0; k < order.size(); ++k) result[order[k]] = std::int64_t(k);
  return fmt::format("{}", fmt::join(result, ","));
}

Example example(Shape shape, const char* order) {
  return {{{"order", std::string(order)}}, {{std::move(shape)}}};
}

OperatorKind transpose() {
  OperatorKind kind;
  kind.name = "transpose";
  kind.summary = "axis k of y is axis order[k] of x";
  kind.attributes = {{"order", "the input's axes in their new order", std::string("1,0")}};
  kind.outputs = [](const Call& call) -> std::vector<TensorType> {
    if (call.inputs.size() != 1) throw Error("takes one tensor. Give one.");
    TensorType result = call.inputs[0];
    const auto order = order_of(call);
    for (std::size_t k = 0; k < order.size(); ++k) {
      result.shape[k] = call.inputs[0].shape[order[k]];
    }
    return {result};
  };
  kind.work = [](const Call& call) { return streaming_work(call, 0); };
  kind.reference = [](const Call& call, const RunScalars&, std::span<const Values> inputs,
                      std::span<Values> results) {
    const auto order = order_of(call);
    for_each_index(call.inputs[0].shape, [&](const Shape& from) {
      Shape to = from;
      for (std::size_t k = 0; k < order.size(); ++k) to[k] = from[order[k]];
      results[0][place_of(call.outputs[0].shape, to)] =
          inputs[0][place_of(call.inputs[0].shape, from)];
    });
  };
  kind.gradient = [](GradientRule& rule) {
    if (!rule.wanted(0)) return;
    rule.set(0, rule.add("transpose", "backward", {rule.output_gradient()},
                         {{"order", inverse(order_of(rule.call()))}}, Phase::backward_data)
                    .front());
  };
  kind.differentiable = {0};
  kind.examples = {example({5}, "0"),
                   example({3, 7}, "1,0"),
                   example({40, 33}, "1,0"),
                   example({300, 70}, "1,0"),
                   example({2, 2, 8200}, "1,0,2"),
                   example({2, 5, 3, 8}, "0,2,1,3"),
                   example({2, 17, 3, 20}, "0,2,3,1"),
                   example({2, 4, 35, 19}, "0,3,1,2"),
                   example({3, 4, 5, 6}, "3,1,2,0"),
                   example({2, 3, 2, 3, 5}, "4,2,0,3,1"),
                   example({1, 128, 1, 65}, "3,2,1,0")};
  return kind;
}

const KindRegistration registration([] { return std::vector{transpose()}; });

StridedCopy copy_of(const Call& call) {
  StridedCopy copy;
  copy.sizes = call.outputs[0].shape;
  copy.to_strides = strides_of(call.outputs[0].shape);
  const Shape strides = strides_of(call.inputs[0].shape);
  for (const std::size_t axis : order_of(call)) copy.from_strides.push_back(strides[axis]);
  return copy;
}

const BothRegistration both(
    "transpose",
    [](const Call& call, Processor& processor, const schema::Parameters& tuning) {
      Lowered lowered;
      copy_strided(lowered, processor, tuning, Input{0}, Output{0}, copy_of(call));
      return lowered;
    },
    {}, [](const Call& call) { return too_many_axes(copy_of(call)); });

}  // namespace
}  // namespace motley::workloads
