// Convolution of images of few channels (a network's first layer) on a CPU. A row of the kernel
// sees kernel_width x channels floats that lie side by side, so patches need not be copied: lines
// are, once, with their padding, and floats are broadcast from there to vectors of output channels.
// Where those would not fill vectors, neighbouring pixels are taken together.
#pragma once

#include "harness/processor.hpp"
#include "workloads/gemm/convolution.hpp"

namespace motley::workloads {

/// Whether the form can compute it, and is worth it.
bool has_few_channels(const gemm::Convolution& convolution);
/// Of one member's part of the workspace.
std::size_t few_channels_bytes(const gemm::Convolution& convolution);

/// This member's share of the output rows; `bias` may be null.
void convolve_few_channels(const CpuTask& task, const gemm::Convolution& convolution,
                           const float* images, const float* weights, const float* bias,
                           Activation activation, float* outputs, std::byte* workspace);
/// This member's part of the gradient by the weights, left in its part of the workspace ...
void sum_few_channels(const CpuTask& task, const gemm::Convolution& convolution,
                      const float* images, const float* output_gradient, std::byte* workspace);
/// ... and the sum of all parts.
void finish_few_channels(const gemm::Convolution& convolution, unsigned members,
                         const std::byte* workspace, float* weight_gradient);

}  // namespace motley::workloads
