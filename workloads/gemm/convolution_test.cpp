// A convolution and its gradients as products, against the sums that define them, in double
// precision: padding, strides, dilations and groups, on each SIMD target.
#include "workloads/gemm/convolution.hpp"

#include <atomic>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <vector>

#include "harness/random.hpp"
#include "workloads/gemm/gemm.hpp"

#include "hwy/aligned_allocator.h"
#include "hwy/targets.h"

namespace motley::workloads::gemm {
namespace {

using Floats = std::vector<float>;

Floats random_floats(std::int64_t count, std::uint64_t stream) {
  Floats values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(2 * random_unit(5, stream, i) - 1);
  }
  return values;
}

void run(const Product& product, unsigned members) {
  const auto workspace = hwy::AllocateAligned<float>(workspace_bytes(members) / sizeof(float));
  std::atomic<std::int64_t> next{0};
  for (unsigned member = 0; member < members; ++member) {
    multiply(CpuTask(member, members, {}, next), product, workspace.get());
  }
}

/// Sizes of the result follow from the others; `pad` on all sides.
Convolution convolution(std::int64_t images, std::int64_t size, std::int64_t channels,
                        std::int64_t output_channels, std::int64_t kernel, std::int64_t stride,
                        std::int64_t pad, std::int64_t dilation, std::int64_t groups) {
  Convolution c;
  c.images = images;
  c.height = size;
  c.width = size + 1;
  c.channels = channels;
  c.output_channels = output_channels;
  c.kernel_height = kernel;
  c.kernel_width = kernel > 1 ? kernel + 1 : 1;
  c.stride_y = c.stride_x = stride;
  c.dilation_y = c.dilation_x = dilation;
  c.pad_top = pad;
  c.pad_left = pad;
  c.groups = groups;
  c.output_height = (c.height + 2 * pad - dilation * (c.kernel_height - 1) - 1) / stride + 1;
  c.output_width = (c.width + 2 * pad - dilation * (c.kernel_width - 1) - 1) / stride + 1;
  return c;
}

/// Calls f(image, weight, output) with the places of each product of the convolution's sums.
void for_each_term(const Convolution& c,
                   const std::function<void(std::size_t, std::size_t, std::size_t)>& f) {
  const std::int64_t in = c.channels / c.groups, out = c.output_channels / c.groups;
  for (std::int64_t image = 0; image < c.images; ++image) {
    for (std::int64_t pixel = 0; pixel < c.output_height * c.output_width; ++pixel) {
      for (std::int64_t tap = 0; tap < c.kernel_height * c.kernel_width; ++tap) {
        const std::int64_t y =
            pixel / c.output_width * c.stride_y - c.pad_top + tap / c.kernel_width * c.dilation_y;
        const std::int64_t x =
            pixel % c.output_width * c.stride_x - c.pad_left + tap % c.kernel_width * c.dilation_x;
        if (y < 0 || y >= c.height || x < 0 || x >= c.width) continue;
        for (std::int64_t i = 0; i < in; ++i) {
          for (std::int64_t o = 0; o < c.output_channels; ++o) {
            f(std::size_t(((image * c.height + y) * c.width + x) * c.channels + o / out * in + i),
              std::size_t((tap * in + i) * c.output_channels + o),
              std::size_t((image * c.output_height * c.output_width + pixel) * c.output_channels +
                          o));
          }
        }
      }
    }
  }
}

struct Sums {
  std::vector<double> values, magnitudes;
  explicit Sums(std::size_t n) : values(n), magnitudes(n) {}
  void add(std::size_t place, float x, float y) {
    values[place] += double{x} * y;
    magnitudes[place] += std::abs(double{x} * y);
  }
  void expect(const Floats& results, const char* what) const {
    for (std::size_t i = 0; i < values.size(); ++i) {
      ASSERT_NEAR(results[i], values[i], 4 * 0x1p-23 * magnitudes[i])
          << what << " at " << i << " on " << target();
    }
  }
};

void check(const Convolution& c, unsigned members) {
  SCOPED_TRACE(testing::Message() << c.images << 'x' << c.height << 'x' << c.width << 'x'
                                  << c.channels << " kernel " << c.kernel_height << " outputs "
                                  << c.output_channels << " stride " << c.stride_y << " pad "
                                  << c.pad_top << " dilation " << c.dilation_y << " groups "
                                  << c.groups);
  const Floats images = random_floats(c.images * c.height * c.width * c.channels, 1);
  const Floats weights = random_floats(
      c.kernel_height * c.kernel_width * c.channels / c.groups * c.output_channels, 2);
  const Floats gradient =
      random_floats(c.images * c.output_height * c.output_width * c.output_channels, 3);
  Sums outputs(gradient.size()), image_gradient(images.size()), weight_gradient(weights.size());
  for_each_term(c, [&](std::size_t image, std::size_t weight, std::size_t output) {
    outputs.add(output, images[image], weights[weight]);
    image_gradient.add(image, gradient[output], weights[weight]);
    weight_gradient.add(weight, gradient[output], images[image]);
  });
  Floats result(gradient.size(), NAN);
  run(placed(forward(c), images.data(), weights.data(), result.data()), members);
  outputs.expect(result, "forward");
  result.assign(images.size(), NAN);
  for (const Product& p : backward_data(c)) {
    run(placed(p, gradient.data(), weights.data(), result.data()), members);
  }
  image_gradient.expect(result, "backward data");
  result.assign(weights.size(), NAN);
  run(placed(backward_weights(c), images.data(), gradient.data(), result.data()), members);
  weight_gradient.expect(result, "backward weights");
}

TEST(Convolution, ForwardAndBothGradients) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    check(convolution(1, 1, 1, 1, 1, 1, 0, 1, 1), 1);
    check(convolution(2, 6, 3, 5, 1, 1, 0, 1, 1), 2);
    check(convolution(1, 9, 3, 20, 3, 1, 1, 1, 1), 1);
    check(convolution(2, 7, 16, 33, 3, 1, 1, 1, 1), 2);
    check(convolution(2, 8, 5, 7, 3, 2, 1, 1, 1), 1);
    check(convolution(1, 9, 4, 3, 1, 2, 0, 1, 1), 1);
    check(convolution(1, 12, 3, 4, 5, 3, 2, 1, 1), 2);
    check(convolution(1, 9, 2, 3, 3, 1, 2, 2, 1), 1);
    check(convolution(1, 13, 2, 3, 3, 2, 2, 2, 1), 1);
    check(convolution(1, 14, 2, 3, 3, 4, 1, 2, 1), 1);
    check(convolution(1, 14, 2, 3, 3, 2, 3, 3, 1), 1);
    check(convolution(2, 6, 6, 8, 3, 1, 1, 1, 2), 2);
    check(convolution(1, 5, 4, 8, 3, 2, 1, 1, 4), 1);
    check(convolution(1, 5, 50, 20, 3, 1, 1, 1, 1), 2);
    check(convolution(1, 28, 1, 6, 5, 1, 0, 1, 1), 2);
    check(convolution(1, 4, 3, 2, 3, 5, 1, 1, 1), 1);
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace motley::workloads::gemm
