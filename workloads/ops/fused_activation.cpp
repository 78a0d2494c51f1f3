#include "workloads/ops/fused_activation.hpp"

#include <algorithm>

#include "harness/error.hpp"

namespace motley::workloads {

AttributeRule activation_rule() {
  return {"activation", "of the output: none, relu or relu6", std::string("none")};
}

Activation activation_of(const Call& call) {
  const std::string name = call.text("activation");
  if (name == "none") return Activation::none;
  if (name == "relu") return Activation::relu;
  if (name == "relu6") return Activation::relu6;
  throw UnknownName("activation", name, {"none", "relu", "relu6"});
}

double activated(Activation activation, double x) {
  if (activation == Activation::none) return x;
  return activation == Activation::relu ? std::max(x, 0.0) : std::clamp(x, 0.0, 6.0);
}

TensorId gradient_before_activation(GradientRule& rule) {
  if (activation_of(rule.call()) == Activation::none) return rule.output_gradient();
  const std::string name = rule.call().text("activation");
  return rule
      .add(name + "_backward", name + "_backward", {rule.output_gradient(), rule.output()}, {},
           Phase::backward_data)
      .front();
}

}  // namespace motley::workloads
