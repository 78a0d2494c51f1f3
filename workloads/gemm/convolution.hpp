// A convolution of NHWC images and each of its gradients as matrix products. The gradient by the
// images is a convolution of the outputs' gradient with the kernel walked backwards; with a stride,
// one for each phase of pixels that see the same taps. They are described before addresses are
// known.
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

/// Images x weights.
Product forward(const Convolution& convolution);
/// Outputs' gradient x weights. Each product writes its own pixels, together all of them.
std::vector<Product> backward_data(const Convolution& convolution);
/// Images x outputs' gradient.
Product backward_weights(const Convolution& convolution);

/// With these tensors; a null one is left out.
Product placed(Product product, const float* patches, const float* right, float* result);

}  // namespace motley::workloads::gemm
