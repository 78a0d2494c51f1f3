// A convolution's sizes as the CPU's engine takes them.
#pragma once

#include "workloads/gemm/convolution.hpp"
#include "workloads/ops/conv2d.hpp"

namespace motley::workloads {

gemm::Convolution described(const ConvolutionSizes& sizes);

}  // namespace motley::workloads
