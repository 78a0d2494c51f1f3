#include "workloads/ops/conv2d_gather.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_gather_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {

HWY_INLINE std::int64_t limited(std::int64_t x, std::int64_t low, std::int64_t high) {
  return x < low ? low : x < high ? x : high;
}

/// Adds the products of one kernel row and one row of outputs to a row of the image: without
/// dilation all taps of an output lie side by side in both.
void add_line(const gemm::Convolution& c, const float* products, std::int64_t ky, float* to) {
  const std::int64_t taps = c.kernel_height * c.kernel_width;
  const std::int64_t together = c.dilation_x == 1 ? c.kernel_width : 1;
  for (std::int64_t ox = 0; ox < c.output_width; ++ox) {
    for (std::int64_t kx = 0; kx < c.kernel_width; kx += together) {
      const std::int64_t x = ox * c.stride_x - c.pad_left + kx * c.dilation_x;
      const std::int64_t begin = limited(-x, 0, together);
      const std::int64_t end = limited(c.width - x, begin, together);
      const float* from = products + (ox * taps + ky * c.kernel_width + kx + begin) * c.channels;
      float* const pixel = to + (x + begin) * c.channels;
      for_each_vector(0, (end - begin) * c.channels, [=](auto at) HWY_ATTR {
        at.store(hn::Add(at.load(pixel), at.load(from)), pixel);
      });
    }
  }
}

void gather_row(const gemm::Convolution& c, std::int64_t row, const float* products, float* to) {
  const std::int64_t image = row / c.height, y = row % c.height;
  const std::int64_t line = c.output_width * c.kernel_height * c.kernel_width * c.channels;
  for (std::int64_t i = 0; i < c.width * c.channels; ++i) to[i] = 0;
  for (std::int64_t ky = 0; ky < c.kernel_height; ++ky) {
    const std::int64_t over = y + c.pad_top - ky * c.dilation_y, oy = over / c.stride_y;
    if (over < 0 || over % c.stride_y != 0 || oy >= c.output_height) continue;
    add_line(c, products + (image * c.output_height + oy) * line, ky, to);
  }
}

void gather_simd(const CpuTask& task, const gemm::Convolution& c, const float* products,
                 float* image_gradient) {
  const auto [begin, end] = task.share(c.images * c.height);
  for (std::int64_t row = begin; row < end; ++row) {
    gather_row(c, row, products, image_gradient + row * c.width * c.channels);
  }
}

}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(gather_simd);

void gather_products(const CpuTask& task, const gemm::Convolution& convolution,
                     const float* products, float* image_gradient) {
  HWY_DYNAMIC_DISPATCH(gather_simd)(task, convolution, products, image_gradient);
}

}  // namespace motley::workloads
#endif
