// Which products is a convolution? Nothing is copied: patches, taps and phases are strides.
#include "workloads/gemm/convolution.hpp"

#include <algorithm>
#include <numeric>

namespace motley::workloads::gemm {
namespace {

Patches patches_of(const Convolution& c) {
  Patches patches;
  patches.height = c.height;
  patches.width = c.width;
  patches.channels = c.channels / c.groups;
  patches.pixel_stride = c.channels;
  patches.kernel_height = c.kernel_height;
  patches.kernel_width = c.kernel_width;
  patches.output_height = c.output_height;
  patches.output_width = c.output_width;
  patches.stride_y = c.stride_y;
  patches.stride_x = c.stride_x;
  patches.dilation_y = c.dilation_y;
  patches.dilation_x = c.dilation_x;
  patches.pad_top = c.pad_top;
  patches.pad_left = c.pad_left;
  return patches;
}

/// Along one axis: what the gradient's pixels `first`, `first` + stride ... need. They see the taps
/// last_tap, last_tap - tap_step ... of the kernel, whose outputs are `dilation` apart and begin
/// `padding` before pixel 0 of the outputs.
struct Phase {
  std::int64_t first = 0, pixels = 0;
  std::int64_t taps = 0, last_tap = 0, tap_step = 1;
  std::int64_t dilation = 1, padding = 0;
};

/// Pixel x was seen by tap t of output o where x = o * stride + t * dilation - padding.
std::vector<Phase> phases(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                          std::int64_t dilation, std::int64_t padding) {
  std::vector<Phase> all;
  const std::int64_t step = stride / std::gcd(stride, dilation);
  for (std::int64_t first = 0; first < std::min(stride, size); ++first) {
    Phase phase;
    phase.first = first;
    phase.pixels = (size - first + stride - 1) / stride;
    phase.tap_step = step;
    phase.dilation = dilation * step / stride;
    std::int64_t tap = 0;
    while (tap < step && (first + padding - tap * dilation) % stride != 0) ++tap;
    if (tap < step && tap < kernel) {
      phase.taps = (kernel - tap + step - 1) / step;
      phase.last_tap = tap + (phase.taps - 1) * step;
      phase.padding = -(first + padding - phase.last_tap * dilation) / stride;
    }
    all.push_back(phase);
  }
  return all;
}

Patches outputs_seen(const Convolution& c, const Phase& y, const Phase& x) {
  Patches patches;
  patches.height = c.output_height;
  patches.width = c.output_width;
  patches.channels = c.output_channels / c.groups;
  patches.pixel_stride = c.output_channels;
  patches.kernel_height = y.taps;
  patches.kernel_width = x.taps;
  patches.output_height = y.pixels;
  patches.output_width = x.pixels;
  patches.dilation_y = y.dilation;
  patches.dilation_x = x.dilation;
  patches.pad_top = y.padding;
  patches.pad_left = x.padding;
  return patches;
}

/// Taps y and x of the weights, backwards, each transposed: [output channel][channel].
Right weights_seen(const Convolution& c, const Phase& y, const Phase& x) {
  const std::int64_t tap = c.channels / c.groups * c.output_channels, line = c.kernel_width * tap;
  Right right;
  right.matrix = {nullptr, c.output_channels, true};
  right.first = y.last_tap * line + x.last_tap * tap;
  right.block_rows = c.output_channels / c.groups;
  right.blocks_per_line = std::max<std::int64_t>(1, x.taps);
  right.block_stride = -x.tap_step * tap;
  right.line_stride = -y.tap_step * line;
  return right;
}

Rows pixels_of(const Convolution& c, const Phase& y, const Phase& x) {
  const std::int64_t line = c.width * c.channels;
  Rows output;
  output.first = y.first * line + x.first * c.channels;
  output.stride = c.stride_x * c.channels;
  output.width = x.pixels;
  output.height = y.pixels;
  output.line_stride = c.stride_y * line;
  output.image_stride = c.height * line;
  return output;
}

}  // namespace

Product forward(const Convolution& c) {
  Product product;
  product.m = c.images * c.output_height * c.output_width;
  product.n = c.output_channels / c.groups;
  product.k = c.kernel_height * c.kernel_width * (c.channels / c.groups);
  product.patches = patches_of(c);
  product.b.matrix.stride = product.c.stride = c.output_channels;
  product.batch = c.groups;
  product.a_batch_stride = c.channels / c.groups;
  product.b_batch_stride = product.c_batch_stride = product.bias_batch_stride = product.n;
  return product;
}

std::vector<Product> backward_data(const Convolution& c) {
  std::vector<Product> products;
  for (const Phase& y : phases(c.height, c.kernel_height, c.stride_y, c.dilation_y, c.pad_top)) {
    for (const Phase& x : phases(c.width, c.kernel_width, c.stride_x, c.dilation_x, c.pad_left)) {
      Product product;
      product.m = c.images * y.pixels * x.pixels;
      product.n = c.channels / c.groups;
      product.k = y.taps * x.taps * (c.output_channels / c.groups);
      product.patches = outputs_seen(c, y, x);
      product.b = weights_seen(c, y, x);
      product.c = pixels_of(c, y, x);
      product.batch = c.groups;
      product.a_batch_stride = product.b_batch_stride = c.output_channels / c.groups;
      product.c_batch_stride = product.n;
      products.push_back(product);
    }
  }
  return products;
}

Product backward_weights(const Convolution& c) {
  Product product;
  product.m = c.kernel_height * c.kernel_width * (c.channels / c.groups);
  product.n = c.output_channels / c.groups;
  product.k = c.images * c.output_height * c.output_width;
  product.patches = patches_of(c);
  product.patches->transposed = true;
  product.b.matrix.stride = product.c.stride = c.output_channels;
  product.batch = c.groups;
  product.a_batch_stride = c.channels / c.groups;
  product.b_batch_stride = product.c_batch_stride = product.n;
  return product;
}

Product placed(Product product, const float* patches, const float* right, float* result) {
  product.patches->data = patches;
  if (right) product.b.matrix.data = right + product.b.first;
  if (result) product.c.data = result + product.c.first;
  return product;
}

}  // namespace motley::workloads::gemm
