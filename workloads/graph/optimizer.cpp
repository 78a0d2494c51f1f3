#include "workloads/graph/optimizer.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::workloads {
namespace {

class OptimizerTransform {
 public:
  OptimizerTransform(Graph& graph, const OptimizerOptions& options)
      : graph_(graph), options_(options) {}

  void clip(const std::map<TensorId, TensorId>& gradients) {
    std::vector<TensorId> all;
    for (const auto& [parameter, gradient] : gradients) all.push_back(gradient);
    const TensorId norm = add("squared_norm", "gradient_norm", all).front();
    for (const auto& [parameter, gradient] : gradients) {
      add("clip_by_norm", graph_.tensor(parameter).name + ".clip", {gradient, norm},
          {{"limit", options_.clip_norm}});
    }
  }

  void update(TensorId parameter, TensorId gradient) {
    const std::string name = graph_.tensor(parameter).name;
    const Attributes decay = {{"weight_decay", options_.weight_decay}};
    if (options_.kind == "sgd") {
      add("sgd", name + ".sgd", {parameter, gradient}, decay);
    } else if (options_.kind == "momentum" && options_.separate) {
      const TensorId velocity = state(parameter, "velocity");
      const TensorId decayed = add("decay", name + ".decay", {gradient, parameter}, decay).front();
      graph_.tensor(decayed).role = Role::gradient;
      add("momentum_velocity", name + ".momentum", {velocity, decayed},
          {{"momentum", options_.momentum}});
      add("apply_velocity", name + ".apply", {parameter, velocity});
    } else if (options_.kind == "momentum") {
      add("momentum", name + ".momentum", {parameter, gradient, state(parameter, "velocity")},
          {{"momentum", options_.momentum}, {"weight_decay", options_.weight_decay}});
    } else {
      add(options_.kind, name + "." + options_.kind,
          {parameter, gradient, state(parameter, "first_moment"),
           state(parameter, "second_moment")},
          decay);
    }
  }

 private:
  std::vector<TensorId> add(const std::string& kind, const std::string& name,
                            std::vector<TensorId> inputs, Attributes attributes = {}) {
    return graph_.add(kind, name, std::move(inputs), std::move(attributes), Phase::update);
  }
  TensorId state(TensorId parameter, const char* suffix) {
    Tensor tensor = graph_.tensor(parameter);
    tensor.name += std::string(".") + suffix;
    tensor.role = Role::state;
    tensor.initializer = {};
    return graph_.add_tensor(std::move(tensor));
  }

  Graph& graph_;
  const OptimizerOptions& options_;
};

}  // namespace

void add_optimizer(Graph& graph, const std::map<TensorId, TensorId>& gradients,
                   const OptimizerOptions& options, double learning_rate) {
  const std::vector<std::string> known = {"sgd", "momentum", "adam", "adamw"};
  if (std::find(known.begin(), known.end(), options.kind) == known.end()) {
    throw UnknownName("optimizer", options.kind, known);
  }
  if (!(options.clip_norm >= 0)) {
    throw BadArgument(
        fmt::format("a largest norm of {} (norms are not negative). Give 0 for no clipping, or "
                    "more.",
                    options.clip_norm));
  }
  if (!(options.momentum >= 0 && options.momentum < 1)) {
    throw BadArgument(fmt::format(
        "a momentum of {} (velocities would not decay). Give one in [0, 1).", options.momentum));
  }
  OptimizerTransform transform(graph, options);
  if (options.clip_norm > 0) transform.clip(gradients);
  for (const auto& [parameter, gradient] : gradients) transform.update(parameter, gradient);
  graph.scalars["learning_rate"] = learning_rate;
  graph.scalars["step"] = 1;
}

}  // namespace motley::workloads
