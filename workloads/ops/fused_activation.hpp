// What operators share that apply an activation to their own output: it costs no pass over memory
// there. Their gradient rules begin with the activation's own gradient.
#pragma once

#include "workloads/gemm/product.hpp"
#include "workloads/graph/differentiate.hpp"

namespace motley::workloads {

AttributeRule activation_rule();  ///< attribute `activation`: none, relu or relu6
/// Throws UnknownName.
Activation activation_of(const Call& call);
double activated(Activation activation, double x);
/// Gradient of the operator's output 0 before its activation: a new operator where it has one.
TensorId gradient_before_activation(GradientRule& rule);

}  // namespace motley::workloads
