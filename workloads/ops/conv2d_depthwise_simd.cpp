// How fast can channels be convolved by themselves? Two operations for each float that is loaded,
// so the walk keeps to what fits the caches: output row by output row, for each vector of channels
// a run of the row. Only windows that hang over a left or right border ask for each tap
// whether it is there; rows beyond the top and bottom are read from zeros.
#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/conv2d_depthwise.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_depthwise_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;
using gemm::Patches;

/// Outputs [begin, end) of a row whose windows lie inside the image from left to right.
struct Inside {
  std::int64_t begin, end;
};

Inside inside(const Patches& p) {
  const std::int64_t reach = (p.kernel_width - 1) * p.dilation_x;
  std::int64_t begin = p.pad_left > 0 ? (p.pad_left + p.stride_x - 1) / p.stride_x : 0;
  const std::int64_t room = p.width - 1 - reach + p.pad_left;
  std::int64_t end = room < 0 ? 0 : room / p.stride_x + 1;
  if (end > p.output_width) end = p.output_width;
  if (begin > end) begin = end = 0;
  return {begin, end};
}

/// One row of the output and what it sees.
struct Row {
  const float* image;
  std::int64_t y;  ///< of the window's first tap; may lie outside
};

Row row_of(const Patches& p, std::int64_t row) {
  return {p.data + row / p.output_height * p.height * p.width * p.pixel_stride,
          row % p.output_height * p.stride_y - p.pad_top};
}

/// Taps of the kernel's rows that meet the image at output `ox`.
Inside taps_inside(const Patches& p, std::int64_t ox) {
  const std::int64_t x = ox * p.stride_x - p.pad_left;
  std::int64_t begin = x >= 0 ? 0 : (-x + p.dilation_x - 1) / p.dilation_x;
  std::int64_t end = x >= p.width ? 0 : (p.width - 1 - x) / p.dilation_x + 1;
  if (end > p.kernel_width) end = p.kernel_width;
  if (begin > end) begin = end;
  return {begin, end};
}

/// A row of the kernel's taps as it meets the image: where it begins for output 0, and how far
/// apart outputs and taps are. Outside the image, zeros.
struct TapRow {
  const float* from;
  std::int64_t step, tap;
};

/// As many zeros as a vector of any target has.
alignas(64) constexpr float zeros[HWY_MAX_BYTES / sizeof(float)] = {};

/// Of the vector of channels that begins at `channel`.
TapRow tap_row(const Patches& p, const Row& row, std::int64_t tap_y, std::int64_t channel) {
  const std::int64_t y = row.y + tap_y * p.dilation_y;
  if (y < 0 || y >= p.height) return {zeros, 0, 0};
  return {row.image + (y * p.width - p.pad_left) * p.pixel_stride + channel,
          p.stride_x * p.pixel_stride, p.dilation_x * p.pixel_stride};
}

/// Any kernel, anywhere in the image.
template <class At>
HWY_INLINE F windowed(const Depthwise& work, const Row& row, std::int64_t ox, Inside taps, F sum,
                      At at) {
  const Patches& p = work.seen;
  At from = at;
  from.i = 0;
  for (std::int64_t y = 0; y < p.kernel_height; ++y) {
    const TapRow line = tap_row(p, row, y, at.i);
    if (line.step == 0) continue;
    for (std::int64_t x = taps.begin; x < taps.end; ++x) {
      sum = hn::MulAdd(from.load(line.from + ox * line.step + x * line.tap),
                       at.load(work.weights + y * work.line_stride + x * work.tap_stride), sum);
    }
  }
  return sum;
}

/// Outputs of a row whose windows lie inside the image, for kernels of height x width: all weights
/// stay in registers, each row of taps has a sum of its own.
template <int height, int width, class At>
HWY_INLINE void sum_inside(const Depthwise& work, const Row& row, Inside span, float* to, F bias,
                           At at) {
  F weights[height][width];
  TapRow taps[height];
#pragma GCC unroll 16
  for (int y = 0; y < height; ++y) {
#pragma GCC unroll 16
    for (int x = 0; x < width; ++x) {
      weights[y][x] = at.load(work.weights + y * work.line_stride + x * work.tap_stride);
    }
    taps[y] = tap_row(work.seen, row, y, at.i);
    taps[y].from += span.begin * taps[y].step;
  }
  At from = at;
  from.i = 0;
  for (std::int64_t ox = span.begin; ox < span.end; ++ox) {
    F sum = bias;
#pragma GCC unroll 16
    for (int y = 0; y < height; ++y) {
      F line = hn::Mul(from.load(taps[y].from), weights[y][0]);
#pragma GCC unroll 16
      for (int x = 1; x < width; ++x) {
        line = hn::MulAdd(from.load(taps[y].from + x * taps[y].tap), weights[y][x], line);
      }
      sum = hn::Add(sum, line);
      taps[y].from += taps[y].step;
    }
    at.store(activated(sum, work.activation), to + ox * work.to.stride);
  }
}

/// Kernels that have a form for the inside: 3 x 3, and what a stride of two leaves of it for the
/// gradient of every second pixel.
enum class Taps { any, one, two_wide, two_high, two_by_two, three_by_three };

Taps taps_of(const Patches& p) {
  if (p.kernel_height == 3 && p.kernel_width == 3) return Taps::three_by_three;
  if (p.kernel_height > 2 || p.kernel_width > 2) return Taps::any;
  const std::int64_t code = p.kernel_height * 10 + p.kernel_width;
  return code == 11   ? Taps::one
         : code == 12 ? Taps::two_wide
         : code == 21 ? Taps::two_high
         : code == 22 ? Taps::two_by_two
                      : Taps::any;
}

template <class At>
HWY_INLINE void sum_inside_of(Taps taps, const Depthwise& work, const Row& row, Inside span,
                              float* to, F bias, At at) {
  switch (taps) {
    case Taps::three_by_three:
      return sum_inside<3, 3>(work, row, span, to, bias, at);
    case Taps::two_by_two:
      return sum_inside<2, 2>(work, row, span, to, bias, at);
    case Taps::two_wide:
      return sum_inside<1, 2>(work, row, span, to, bias, at);
    case Taps::two_high:
      return sum_inside<2, 1>(work, row, span, to, bias, at);
    case Taps::one:
      return sum_inside<1, 1>(work, row, span, to, bias, at);
    case Taps::any:
      return;
  }
}

/// Outputs of a row whose windows' pixels, with all channels, stay in the L1 cache while the walk
/// goes from one vector of channels to the next: memory is read in long runs, once.
std::int64_t outputs_at_once(const Depthwise& work) {
  const Patches& p = work.seen;
  constexpr std::int64_t cached_floats = 6144;
  const std::int64_t outputs = cached_floats / (work.channels * (p.kernel_height * p.stride_x + 1));
  return outputs < 8 ? 8 : outputs;
}

void depthwise_row(const Depthwise& work, std::int64_t r) {
  const Patches& p = work.seen;
  const Row row = row_of(p, r);
  float* const to = work.to.data + r % p.output_height * work.to.line_stride +
                    r / p.output_height * work.to.image_stride;
  const Taps taps = taps_of(p);
  const Inside span = taps == Taps::any ? Inside{0, 0} : inside(p);
  const auto edges = [&](Inside outside) HWY_ATTR {
    for (std::int64_t ox = outside.begin; ox < outside.end; ++ox) {
      const Inside seen = taps_inside(p, ox);
      for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
        const F sum = windowed(work, row, ox, seen, work.bias ? at.load(work.bias) : all(0), at);
        at.store(activated(sum, work.activation), to + ox * work.to.stride);
      });
    }
  };
  edges({0, span.begin});
  const std::int64_t most = outputs_at_once(work);
  for (std::int64_t begin = span.begin; begin < span.end; begin += most) {
    const Inside run{begin, begin + most < span.end ? begin + most : span.end};
    for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
      sum_inside_of(taps, work, row, run, to, work.bias ? at.load(work.bias) : all(0), at);
    });
  }
  edges({span.end, p.output_width});
}

Depthwise placed(Depthwise work, const DepthwiseTensors& tensors) {
  work.seen.data = tensors.images;
  work.weights = tensors.weights + work.first_tap;
  work.bias = tensors.bias;
  work.to.data = tensors.outputs + work.to.first;
  return work;
}

/// Row by row of all parts together: they read the same rows.
void depthwise_simd(const CpuTask& task, std::span<const Depthwise> parts,
                    const DepthwiseTensors& tensors) {
  std::int64_t height = 0;
  for (const Depthwise& part : parts) {
    if (part.seen.output_height > height) height = part.seen.output_height;
  }
  if (height == 0) return;
  const auto [begin, end] = task.share(parts[0].images * height);
  for (std::int64_t row = begin; row < end; ++row) {
    for (const Depthwise& part : parts) {
      const std::int64_t y = row % height, own = part.seen.output_height;
      if (y < own) depthwise_row(placed(part, tensors), row / height * own + y);
    }
  }
}

/// What output `ox` of a row adds to the sums of one vector of channels, anywhere.
template <class At>
HWY_INLINE void weights_windowed(const Depthwise& work, const Row& row, std::int64_t ox,
                                 Inside taps, const float* dy, float* sums, At at) {
  const Patches& p = work.seen;
  const F d = at.load(dy + ox * work.channels);
  At from = at;
  from.i = 0;
  for (std::int64_t y = 0; y < p.kernel_height; ++y) {
    const TapRow line = tap_row(p, row, y, at.i);
    if (line.step == 0) continue;
    for (std::int64_t x = taps.begin; x < taps.end; ++x) {
      float* const sum = sums + (y * p.kernel_width + x) * work.channels;
      const F seen = from.load(line.from + ox * line.step + x * line.tap);
      at.store(hn::MulAdd(seen, d, at.load(sum)), sum);
    }
  }
}

template <class At>
HWY_INLINE void weights_three_by_three(const Depthwise& work, const Row& row, Inside span,
                                       const float* dy, float* sums, At at) {
  F s[3][3];
  TapRow taps[3];
#pragma GCC unroll 16
  for (int y = 0; y < 3; ++y) {
#pragma GCC unroll 16
    for (int x = 0; x < 3; ++x) s[y][x] = all(0);
    taps[y] = tap_row(work.seen, row, y, at.i);
    taps[y].from += span.begin * taps[y].step;
  }
  At from = at;
  from.i = 0;
  for (std::int64_t ox = span.begin; ox < span.end; ++ox) {
    const F d = at.load(dy + ox * work.channels);
#pragma GCC unroll 16
    for (int y = 0; y < 3; ++y) {
#pragma GCC unroll 16
      for (int x = 0; x < 3; ++x) {
        s[y][x] = hn::MulAdd(from.load(taps[y].from + x * taps[y].tap), d, s[y][x]);
      }
      taps[y].from += taps[y].step;
    }
  }
#pragma GCC unroll 16
  for (int tap = 0; tap < 9; ++tap) {
    float* const sum = sums + tap * work.channels;
    at.store(hn::Add(at.load(sum), s[tap / 3][tap % 3]), sum);
  }
}

void depthwise_weights_simd(const CpuTask& task, const Depthwise& work,
                            const float* output_gradient, float* sums) {
  const Patches& p = work.seen;
  const std::int64_t floats = p.kernel_height * p.kernel_width * work.channels;
  float* const mine = sums + task.member * floats;
  for_each_vector(0, floats, [=](auto at) HWY_ATTR { at.store(all(0), mine); });
  const Inside span = taps_of(p) == Taps::three_by_three ? inside(p) : Inside{0, 0};
  const std::int64_t most = outputs_at_once(work);
  const auto [begin, end] = task.share(work.images * p.output_height);
  for (std::int64_t r = begin; r < end; ++r) {
    const Row row = row_of(p, r);
    const float* const dy = output_gradient + r * p.output_width * work.channels;
    const auto edges = [&](Inside outside) HWY_ATTR {
      for (std::int64_t ox = outside.begin; ox < outside.end; ++ox) {
        const Inside seen = taps_inside(p, ox);
        for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
          weights_windowed(work, row, ox, seen, dy, mine, at);
        });
      }
    };
    edges({0, span.begin});
    for (std::int64_t from = span.begin; from < span.end; from += most) {
      const Inside run{from, from + most < span.end ? from + most : span.end};
      for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
        weights_three_by_three(work, row, run, dy, mine, at);
      });
    }
    edges({span.end, p.output_width});
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(depthwise_simd);
HWY_EXPORT(depthwise_weights_simd);

void depthwise(const CpuTask& task, std::span<const Depthwise> parts,
               const DepthwiseTensors& tensors) {
  HWY_DYNAMIC_DISPATCH(depthwise_simd)(task, parts, tensors);
}

void depthwise_weights(const CpuTask& task, const Depthwise& forward, const float* images,
                       const float* output_gradient, float* sums) {
  Depthwise work = forward;
  work.seen.data = images;
  HWY_DYNAMIC_DISPATCH(depthwise_weights_simd)(task, work, output_gradient, sums);
}

}  // namespace motley::workloads
#endif
