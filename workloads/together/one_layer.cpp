#include "workloads/together/one_layer.hpp"

#include <cmath>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "harness/spec.hpp"
#include "workloads/inference.hpp"
#include "workloads/ops/shapes.hpp"

namespace motley::workloads {
namespace {

constexpr std::string_view prefix = "op/";

NamedShape shape_named(const std::string& kind, const std::string& name) {
  std::vector<std::string> known;
  for (const NamedShape& one : shapes_of(kind)) {
    if (one.name == name) return one;
    known.push_back(one.name);
  }
  throw UnknownName("shape of " + kind, name, known);
}

}  // namespace

bool is_layer_spec(const std::string& spec) {
  return spec.starts_with(prefix);
}

Model layer_model(const std::string& spec) {
  const auto [name, values] = split_spec(spec);
  const std::string kind = operator_kind(name.substr(prefix.size())).name;
  const Spec how(name, values,
                 {{"shape", "a name from the files of shapes", std::string()},
                  {"count", "so many one behind another", std::int64_t{1}, 1, 256}});
  const NamedShape shape = shape_named(kind, how.text("shape"));
  Model model;
  Graph& graph = model.graph;
  graph.name = spec;
  model.input = graph.add_tensor({"input", shape.inputs.front(), Role::input, {}, no_tensor});
  TensorId last = model.input;
  for (std::int64_t i = 0; i < how.integer("count"); ++i) {
    const std::string layer = fmt::format("layer{}", i + 1);
    if (graph.tensor(last).type != shape.inputs.front()) {
      throw BadArgument(fmt::format(
          "count={} of {} ({} comes out, {} goes in). Use count=1.", how.integer("count"),
          shape.name, to_string(graph.tensor(last).type), to_string(shape.inputs.front())));
    }
    std::vector<TensorId> inputs = {last};
    for (std::size_t input = 1; input < shape.inputs.size(); ++input) {
      const TensorType& type = shape.inputs[input];
      // Sums of as many products as the weights have rows stay near 1.
      const double terms = double(type.elements()) / double(type.shape.back());
      inputs.push_back(graph.add_tensor({fmt::format("{}.input{}", layer, input),
                                         type,
                                         Role::parameter,
                                         {Initializer::Kind::uniform, 1.7 / std::sqrt(terms)},
                                         no_tensor}));
    }
    last = graph.add(kind, layer, inputs, shape.attributes).front();
  }
  graph.tensor(last).role = Role::output;
  model.output = last;
  return model;
}

Model network(const std::string& spec, std::int64_t batch, std::uint64_t seed) {
  return is_layer_spec(spec) ? layer_model(spec) : inference_model({spec, batch, seed, {}});
}

}  // namespace motley::workloads
