#include "workloads/graph/interpret.hpp"

#include <algorithm>

#include "harness/random.hpp"

namespace motley::workloads {
namespace {

/// FNV-1a: the same on every platform, unlike std::hash.
std::uint64_t stream_of(const std::string& name) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

/// Irwin-Hall of twelve: near enough to normal, and the same on every platform (no logarithm).
double normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  double sum = -6;
  for (std::uint64_t k = 0; k < 12; ++k) sum += random_unit(seed, stream, 12 * index + k);
  return sum;
}

}  // namespace

Values initial_values(const Tensor& tensor, std::uint64_t seed) {
  Values values(static_cast<std::size_t>(tensor.type.elements()));
  const std::uint64_t stream = stream_of(tensor.name);
  const double scale = tensor.initializer.scale;
  for (std::size_t i = 0; i < values.size(); ++i) {
    switch (tensor.initializer.kind) {
      case Initializer::Kind::zero:
        break;
      case Initializer::Kind::one:
        values[i] = 1;
        break;
      case Initializer::Kind::uniform:
        values[i] = scale * (2 * random_unit(seed, stream, i) - 1);
        break;
      case Initializer::Kind::normal:
        values[i] = scale * normal(seed, stream, i);
        break;
    }
  }
  return rounded(tensor.type, values);
}

Interpreter::Interpreter(const Graph& graph, std::uint64_t seed) : graph_(graph) {
  for (const Tensor& tensor : graph_.tensors()) values_.push_back(initial_values(tensor, seed));
}

void Interpreter::run(const RunScalars& scalars, std::size_t operators) {
  for (std::size_t k = 0; k < std::min(operators, graph_.operators().size()); ++k) {
    const Operator& op = graph_.operators()[k];
    const Call call = graph_.call(op);
    std::vector<Values> inputs, outputs;
    for (const TensorId id : op.inputs) inputs.push_back(values(id));
    for (const TensorId id : op.outputs) outputs.emplace_back(values(id).size());
    operator_kind(op.kind).reference(call, scalars, inputs, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) values(op.outputs[i]) = std::move(outputs[i]);
  }
}

}  // namespace motley::workloads
