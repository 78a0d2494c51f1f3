// How fast can channels be convolved by themselves? Two operations for each float that is loaded,
// so the walk keeps to rows that fit the caches: output row by output row, for each vector of
// channels the whole row. Only windows that hang over a left or right border ask for each tap
// whether it is there; rows beyond the top and bottom are read from zeros.
#include "workloads/ops/conv2d_depthwise.hpp"

// A vector of SVE has no size that the compiler knows, so that arrays of them cannot be held in
// registers; the SVE of phones is as wide as NEON.
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_depthwise_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {

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

/// Pixel (y, x) of an image, or null outside.
HWY_INLINE const float* pixel(const Patches& p, const Row& row, std::int64_t tap_y,
                              std::int64_t x) {
  const std::int64_t y = row.y + tap_y * p.dilation_y;
  if (y < 0 || y >= p.height || x < 0 || x >= p.width) return nullptr;
  return row.image + (y * p.width + x) * p.pixel_stride;
}

HWY_INLINE F finished(F v, Activation activation) {
  if (activation != Activation::none) v = hn::Max(v, all(0));
  if (activation == Activation::relu6) v = hn::Min(v, all(6));
  return v;
}

/// Any kernel, anywhere in the image.
template <class At>
HWY_INLINE F windowed(const Depthwise& work, const Row& row, std::int64_t ox, F sum, At at) {
  const Patches& p = work.seen;
  for (std::int64_t y = 0; y < p.kernel_height; ++y) {
    for (std::int64_t x = 0; x < p.kernel_width; ++x) {
      const float* from = pixel(p, row, y, ox * p.stride_x - p.pad_left + x * p.dilation_x);
      if (!from) continue;
      sum = hn::MulAdd(at.load(from),
                       at.load(work.weights + y * work.line_stride + x * work.tap_stride), sum);
    }
  }
  return sum;
}

/// A kernel's row of three taps as it meets the image: where it begins for output 0, and how far
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

/// Kernels of 3 x 3 inside the image: nine weights stay in registers.
template <class At>
HWY_INLINE void three_by_three(const Depthwise& work, const Row& row, Inside span, float* to,
                               F bias, At at) {
  const auto weight = [&](std::int64_t y, std::int64_t x) HWY_ATTR {
    return at.load(work.weights + y * work.line_stride + x * work.tap_stride);
  };
  const F w00 = weight(0, 0), w01 = weight(0, 1), w02 = weight(0, 2);
  const F w10 = weight(1, 0), w11 = weight(1, 1), w12 = weight(1, 2);
  const F w20 = weight(2, 0), w21 = weight(2, 1), w22 = weight(2, 2);
  const TapRow t0 = tap_row(work.seen, row, 0, at.i), t1 = tap_row(work.seen, row, 1, at.i),
               t2 = tap_row(work.seen, row, 2, at.i);
  const float *r0 = t0.from + span.begin * t0.step, *r1 = t1.from + span.begin * t1.step,
              *r2 = t2.from + span.begin * t2.step;
  to += span.begin * work.to.stride;
  At from = at;
  from.i = 0;
  for (std::int64_t ox = span.begin; ox < span.end; ++ox) {
    F s0 = hn::MulAdd(from.load(r0), w00, bias);
    F s1 = hn::Mul(from.load(r1), w10);
    F s2 = hn::Mul(from.load(r2), w20);
    s0 = hn::MulAdd(from.load(r0 + t0.tap), w01, s0);
    s1 = hn::MulAdd(from.load(r1 + t1.tap), w11, s1);
    s2 = hn::MulAdd(from.load(r2 + t2.tap), w21, s2);
    s0 = hn::MulAdd(from.load(r0 + 2 * t0.tap), w02, s0);
    s1 = hn::MulAdd(from.load(r1 + 2 * t1.tap), w12, s1);
    s2 = hn::MulAdd(from.load(r2 + 2 * t2.tap), w22, s2);
    at.store(finished(hn::Add(s0, hn::Add(s1, s2)), work.activation), to);
    r0 += t0.step;
    r1 += t1.step;
    r2 += t2.step;
    to += work.to.stride;
  }
}

bool is_three_by_three(const Patches& p) {
  return p.kernel_height == 3 && p.kernel_width == 3;
}

void depthwise_row(const Depthwise& work, std::int64_t r) {
  const Patches& p = work.seen;
  const Row row = row_of(p, r);
  float* const to = work.to.data + r % p.output_height * work.to.line_stride +
                    r / p.output_height * work.to.image_stride;
  const Inside span = is_three_by_three(p) ? inside(p) : Inside{0, 0};
  for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
    const F bias = work.bias ? at.load(work.bias) : all(0);
    const auto edge = [&](std::int64_t ox) HWY_ATTR {
      at.store(finished(windowed(work, row, ox, bias, at), work.activation),
               to + ox * work.to.stride);
    };
    for (std::int64_t ox = 0; ox < span.begin; ++ox) edge(ox);
    if (span.begin < span.end) three_by_three(work, row, span, to, bias, at);
    for (std::int64_t ox = span.end; ox < p.output_width; ++ox) edge(ox);
  });
}

void depthwise_simd(const CpuTask& task, const Depthwise& work) {
  const auto [begin, end] = task.share(work.images * work.seen.output_height);
  for (std::int64_t row = begin; row < end; ++row) depthwise_row(work, row);
}

/// The sums of one row of outputs for all taps of one vector of channels, anywhere.
template <class At>
HWY_INLINE void weights_windowed(const Depthwise& work, const Row& row, Inside span,
                                 const float* dy, float* sums, At at) {
  const Patches& p = work.seen;
  for (std::int64_t tap = 0; tap < p.kernel_height * p.kernel_width; ++tap) {
    const std::int64_t y = tap / p.kernel_width, x = tap % p.kernel_width * p.dilation_x;
    F sum = at.load(sums + tap * work.channels);
    for (std::int64_t ox = span.begin; ox < span.end; ++ox) {
      const float* from = pixel(p, row, y, ox * p.stride_x - p.pad_left + x);
      if (from) sum = hn::MulAdd(at.load(from), at.load(dy + ox * work.channels), sum);
    }
    at.store(sum, sums + tap * work.channels);
  }
}

template <class At>
HWY_INLINE void weights_three_by_three(const Depthwise& work, const Row& row, Inside span,
                                       const float* dy, float* sums, At at) {
  F s00 = all(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00, s20 = s00, s21 = s00,
    s22 = s00;
  const TapRow t0 = tap_row(work.seen, row, 0, at.i), t1 = tap_row(work.seen, row, 1, at.i),
               t2 = tap_row(work.seen, row, 2, at.i);
  At from = at;
  from.i = 0;
  for (std::int64_t ox = span.begin; ox < span.end; ++ox) {
    const F d = at.load(dy + ox * work.channels);
    const float *r0 = t0.from + ox * t0.step, *r1 = t1.from + ox * t1.step,
                *r2 = t2.from + ox * t2.step;
    s00 = hn::MulAdd(from.load(r0), d, s00);
    s01 = hn::MulAdd(from.load(r0 + t0.tap), d, s01);
    s02 = hn::MulAdd(from.load(r0 + 2 * t0.tap), d, s02);
    s10 = hn::MulAdd(from.load(r1), d, s10);
    s11 = hn::MulAdd(from.load(r1 + t1.tap), d, s11);
    s12 = hn::MulAdd(from.load(r1 + 2 * t1.tap), d, s12);
    s20 = hn::MulAdd(from.load(r2), d, s20);
    s21 = hn::MulAdd(from.load(r2 + t2.tap), d, s21);
    s22 = hn::MulAdd(from.load(r2 + 2 * t2.tap), d, s22);
  }
  const auto add = [&](std::int64_t tap, F s) HWY_ATTR {
    float* const sum = sums + tap * work.channels;
    at.store(hn::Add(at.load(sum), s), sum);
  };
  add(0, s00), add(1, s01), add(2, s02);
  add(3, s10), add(4, s11), add(5, s12);
  add(6, s20), add(7, s21), add(8, s22);
}

void depthwise_weights_simd(const CpuTask& task, const Depthwise& work,
                            const float* output_gradient, float* sums) {
  const Patches& p = work.seen;
  const std::int64_t floats = p.kernel_height * p.kernel_width * work.channels;
  float* const mine = sums + task.member * floats;
  for_each_vector(0, floats, [=](auto at) HWY_ATTR { at.store(all(0), mine); });
  const Inside span = is_three_by_three(p) ? inside(p) : Inside{0, 0};
  const auto [begin, end] = task.share(work.images * p.output_height);
  for (std::int64_t r = begin; r < end; ++r) {
    const Row row = row_of(p, r);
    const float* const dy = output_gradient + r * p.output_width * work.channels;
    for_each_vector(0, work.channels, [&](auto at) HWY_ATTR {
      weights_windowed(work, row, {0, span.begin}, dy, mine, at);
      if (span.begin < span.end) {
        weights_three_by_three(work, row, span, dy, mine, at);
      }
      weights_windowed(work, row, {span.end, p.output_width}, dy, mine, at);
    });
  }
}

}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(depthwise_simd);
HWY_EXPORT(depthwise_weights_simd);

void depthwise(const CpuTask& task, const Depthwise& work) {
  HWY_DYNAMIC_DISPATCH(depthwise_simd)(task, work);
}

void depthwise_weights(const CpuTask& task, const Depthwise& work, const float* output_gradient,
                       float* sums) {
  HWY_DYNAMIC_DISPATCH(depthwise_weights_simd)(task, work, output_gradient, sums);
}

}  // namespace motley::workloads
#endif
