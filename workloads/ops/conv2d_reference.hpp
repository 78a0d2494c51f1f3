// Convolution and its gradients in double precision, whole and projected.
#pragma once

#include "workloads/ops/conv2d.hpp"

namespace motley::workloads {

void convolution_reference(const Call& call, ConvolutionDirection direction,
                           std::span<const Values> inputs, Values& result);
/// The result's last axis contracted with `weights`; costs 1/axis where no activation stands
/// behind.
Values convolution_projected(const Call& call, ConvolutionDirection direction,
                             std::span<const Values> inputs, const Values& weights);

}  // namespace motley::workloads
