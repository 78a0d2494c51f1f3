// A convolution of NHWC images and each of its gradients as matrix products. The gradient by the
// images is a convolution of the outputs' gradient with the kernel walked backwards; with a stride,
// one for each phase of pixels that see the same taps.
#pragma once

#include <vector>

#include "workloads/gemm/product.hpp"

namespace motley::workloads::gemm {

/// Weights lie as [kernel_height, kernel_width, channels / groups, output_channels].
struct Convolution {
  std::int64_t images = 1, height = 0, width = 0, channels = 0;
  std::int64_t output_height = 0, output_width = 0, output_channels = 0;
  std::int64_t kernel_height = 1, kernel_width = 1;
  std::int64_t stride_y = 1, stride_x = 1, dilation_y = 1, dilation_x = 1;
  std::int64_t pad_top = 0, pad_left = 0;
  std::int64_t groups = 1;
};

Product forward(const Convolution& convolution, const float* images, const float* weights,
                float* outputs);
/// Each product writes its own pixels, together all of them.
std::vector<Product> backward_data(const Convolution& convolution, const float* weights,
                                   const float* output_gradient, float* image_gradient);
Product backward_weights(const Convolution& convolution, const float* images,
                         const float* output_gradient, float* weight_gradient);

}  // namespace motley::workloads::gemm
