// Convolution of each channel by itself on a CPU: vectors over channels, the weights of a vector of
// channels in registers. The gradient by the images is the same walk with the kernel backwards, so
// both are described as a gemm::Product is, whose batch is the channels.
#pragma once

#include <span>

#include "harness/processor.hpp"
#include "workloads/gemm/product.hpp"

namespace motley::workloads {

/// Described before addresses are known, as products are.
struct Depthwise {
  gemm::Patches seen;  ///< what is read; one image after another
  std::int64_t images = 1, channels = 1;
  /// Tap (y, x) at weights + y * line_stride + x * tap_stride, a float for each channel.
  const float* weights = nullptr;
  std::int64_t tap_stride = 0, line_stride = 0;
  std::int64_t first_tap = 0;  ///< floats from the tensor to `weights`
  gemm::Rows to;               ///< width and height are those of `seen`'s output
  const float* bias = nullptr;
  Activation activation = Activation::none;
};

struct DepthwiseTensors {
  const float *images, *weights;
  const float* bias;  ///< or null
  float* outputs;
};

/// This member's share of the output rows. Parts have outputs of their own but read the same
/// images.
void depthwise(const CpuTask& task, std::span<const Depthwise> parts,
               const DepthwiseTensors& tensors);
/// sums[member][tap][channel]: this member's part of the gradient by the weights, from what the
/// forward pass sees and the gradient of its output.
void depthwise_weights(const CpuTask& task, const Depthwise& forward, const float* images,
                       const float* output_gradient, float* sums);

}  // namespace motley::workloads
