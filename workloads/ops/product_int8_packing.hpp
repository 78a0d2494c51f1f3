// How operands of 8-bit products lie, once for each Highway target. A group of neighbours along k
// fills 32 bits: four bytes where there is VPDPBUSD, elsewhere two 16-bit integers (VPMADDWD,
// SMLAL). VPDPBUSD wants one side without a sign: images are 128 too large there, and sums begin at
// what that adds.
#include <cstring>

#include "workloads/ops/product_int8.hpp"

#if defined(MOTLEY_PRODUCT_INT8_PACKING) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_PRODUCT_INT8_PACKING
#undef MOTLEY_PRODUCT_INT8_PACKING
#else
#define MOTLEY_PRODUCT_INT8_PACKING
#endif

#include "workloads/gemm/span.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::int8::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Sums = hn::ScalableTag<std::int32_t>;
using S = hn::Vec<Sums>;

constexpr std::int64_t lanes = hn::MaxLanes(Sums());
constexpr int tile_vectors = 2;
constexpr std::int64_t columns = tile_vectors * lanes;

#if HWY_ARCH_X86_64 && HWY_TARGET == HWY_AVX3_DL
constexpr int tile_rows = 14;
constexpr std::int64_t group = 4;
using Image = std::uint8_t;
using Weight = std::int8_t;
constexpr std::int32_t image_offset = 128;
HWY_INLINE void add_dot(S images, S weights, S& sum, S&) {
  // Highway 1.0.3 does not enable the intrinsic for this target.
  asm("vpdpbusd %2, %1, %0" : "+v"(sum.raw) : "v"(images.raw), "v"(weights.raw));
}
HWY_INLINE S whole_sum(S sum, S) {
  return sum;
}
#else
constexpr int tile_rows = HWY_MAX_BYTES >= 64 ? 14 : 6;
constexpr std::int64_t group = 2;
using Image = std::int16_t;
using Weight = std::int16_t;
constexpr std::int32_t image_offset = 0;
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void add_dot(S images, S weights, S& sum, S&) {
  std::int16_t x[2], w[2];
  std::memcpy(x, &images.raw, sizeof x);
  std::memcpy(w, &weights.raw, sizeof w);
  sum.raw += x[0] * w[0] + x[1] * w[1];
}
HWY_INLINE S whole_sum(S sum, S) {
  return sum;
}
#else
/// `more`: on Arm the upper half's sums.
HWY_INLINE void add_dot(S images, S weights, S& sum, S& more) {
  const hn::Repartition<std::int16_t, Sums> d;
  sum = hn::ReorderWidenMulAccumulate(Sums(), hn::BitCast(d, images), hn::BitCast(d, weights), sum,
                                      more);
}
HWY_INLINE S whole_sum(S sum, S more) {
  return hn::RearrangeToOddPlusEven(sum, more);
}
#endif
#endif

/// Steps along k, of a group each.
inline std::int64_t steps_of(const ConvolutionSizes& s) {
  return divided(s.taps() * s.channels, group);
}

// ---- Weights: [panel][step][column][group], behind them for each column where its sum begins

inline std::int64_t panels_of(const ConvolutionSizes& s) {
  return divided(s.out_channels, columns);
}

HWY_INLINE Weight* panel_at(const ConvolutionSizes& s, std::byte* packed, std::int64_t panel) {
  return reinterpret_cast<Weight*>(packed) + panel * steps_of(s) * columns * group;
}
HWY_INLINE std::int32_t* start_of(const ConvolutionSizes& s, std::byte* packed,
                                  std::int64_t panel) {
  return reinterpret_cast<std::int32_t*>(panel_at(s, packed, panels_of(s))) + panel * columns;
}

inline std::size_t packed_bytes_simd(const ConvolutionSizes& s) {
  return static_cast<std::size_t>(panels_of(s) * columns) *
         (static_cast<std::size_t>(steps_of(s)) * sizeof(std::int32_t) + sizeof(std::int32_t));
}

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void pack_step(const std::int8_t*, std::int64_t, Weight*) {}
#else
/// One step of a panel, of all columns.
HWY_INLINE void pack_step(const std::int8_t* from, std::int64_t stride, Weight* to) {
  const hn::FixedTag<std::int8_t, 16> bytes;
  const hn::FixedTag<std::int16_t, 8> pairs;
  for (std::int64_t j = 0; j < columns; j += 16, from += 16, to += 16 * group) {
    if constexpr (group == 4) {
      const auto r0 = hn::LoadU(bytes, from), r1 = hn::LoadU(bytes, from + stride),
                 r2 = hn::LoadU(bytes, from + 2 * stride), r3 = hn::LoadU(bytes, from + 3 * stride);
      const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(bytes, r0, r1)),
                 low23 = hn::BitCast(pairs, hn::InterleaveLower(bytes, r2, r3)),
                 high01 = hn::BitCast(pairs, hn::InterleaveUpper(bytes, r0, r1)),
                 high23 = hn::BitCast(pairs, hn::InterleaveUpper(bytes, r2, r3));
      auto* const out = reinterpret_cast<std::int8_t*>(to);
      hn::StoreU(hn::BitCast(bytes, hn::InterleaveLower(pairs, low01, low23)), bytes, out);
      hn::StoreU(hn::BitCast(bytes, hn::InterleaveUpper(pairs, low01, low23)), bytes, out + 16);
      hn::StoreU(hn::BitCast(bytes, hn::InterleaveLower(pairs, high01, high23)), bytes, out + 32);
      hn::StoreU(hn::BitCast(bytes, hn::InterleaveUpper(pairs, high01, high23)), bytes, out + 48);
    } else {
      const hn::Half<decltype(bytes)> half;
      auto* const out = reinterpret_cast<std::int16_t*>(to);
      for (int h = 0; h < 2; ++h) {
        const auto r0 = hn::PromoteTo(pairs, hn::LoadU(half, from + 8 * h));
        const auto r1 = hn::PromoteTo(pairs, hn::LoadU(half, from + stride + 8 * h));
        hn::StoreU(hn::InterleaveLower(pairs, r0, r1), pairs, out + 16 * h);
        hn::StoreU(hn::InterleaveUpper(pairs, r0, r1), pairs, out + 16 * h + 8);
      }
    }
  }
}

#endif

/// Where rows or columns end within the step.
inline void pack_last_step(const std::int8_t* from, std::int64_t stride, std::int64_t rows,
                           std::int64_t count, Weight* to) {
  for (std::int64_t j = 0; j < columns; ++j) {
    for (std::int64_t i = 0; i < group; ++i) {
      to[j * group + i] = static_cast<Weight>(i < rows && j < count ? from[i * stride + j] : 0);
    }
  }
}

/// Where the sums of a packed panel's columns begin: less by what images too large add to them.
inline void put_start(const Weight* panel, std::int64_t steps, std::int32_t* start) {
  const Sums d;
  for (std::int64_t j = 0; j < columns; j += lanes) {
    S sum = hn::Zero(d);
    if constexpr (image_offset != 0) {
      const S ones = hn::Set(d, 0x01010101);
      S none = sum;
      const auto* from = reinterpret_cast<const std::int32_t*>(panel) + j;
      for (std::int64_t i = 0; i < steps; ++i) {
        add_dot(ones, hn::LoadU(d, from + i * columns), sum, none);
      }
    }
    hn::StoreU(hn::Mul(sum, hn::Set(d, -image_offset)), d, start + j);
  }
}

inline void pack_panel(const ConvolutionSizes& s, const std::int8_t* weights, std::int64_t panel,
                       std::byte* packed) {
  const std::int64_t k = s.taps() * s.channels, n = s.out_channels, column = panel * columns;
  Weight* to = panel_at(s, packed, panel);
  const bool whole = columns <= n - column && columns % 16 == 0;
  for (std::int64_t row = 0; row < k; row += group, to += columns * group) {
    const std::int8_t* from = weights + row * n + column;
    if (whole && row + group <= k) {
      pack_step(from, n, to);
    } else {
      pack_last_step(from, n, k - row, n - column, to);
    }
  }
  put_start(panel_at(s, packed, panel), steps_of(s), start_of(s, packed, panel));
}

inline void pack_simd(const CpuTask& task, const ConvolutionSizes& s, const std::int8_t* weights,
                      std::byte* packed) {
  const auto [begin, end] = task.share(panels_of(s));
  for (std::int64_t panel = begin; panel < end; ++panel) pack_panel(s, weights, panel, packed);
}

// ---- Images: the patch of each output pixel, a row of the tile

HWY_INLINE void put_run(const std::int8_t* from, std::int64_t count, Image* to) {
  std::int64_t i = 0;
  if constexpr (group == 4) {
    const hn::ScalableTag<std::uint8_t> d;
    const auto flip = hn::Set(d, 0x80);
    const auto width = static_cast<std::int64_t>(hn::Lanes(d));
    const auto* source = reinterpret_cast<const std::uint8_t*>(from);
    auto* const out = reinterpret_cast<std::uint8_t*>(to);
    for (; i + width <= count; i += width) {
      hn::StoreU(hn::Xor(hn::LoadU(d, source + i), flip), d, out + i);
    }
  } else {
    const hn::ScalableTag<std::int16_t> d;
    const hn::Rebind<std::int8_t, decltype(d)> half;
    const auto width = static_cast<std::int64_t>(hn::Lanes(d));
    auto* const out = reinterpret_cast<std::int16_t*>(to);
    for (; i + width <= count; i += width) {
      hn::StoreU(hn::PromoteTo(d, hn::LoadU(half, from + i)), d, out + i);
    }
  }
  for (; i < count; ++i) to[i] = static_cast<Image>(from[i] + image_offset);
}

HWY_INLINE void put_zeros(std::int64_t count, Image* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<Image>(image_offset);
}

/// Taps side by side in memory are one run, of which some may hang over the image's sides.
inline void put_patch(const ConvolutionSizes& s, const std::int8_t* images, std::int64_t pixel,
                      Image* to) {
  const std::int64_t image = pixel / (s.out_height * s.out_width);
  const std::int64_t top = pixel / s.out_width % s.out_height * s.stride - s.pad_top;
  const std::int64_t left = pixel % s.out_width * s.stride - s.pad_left;
  const std::int64_t together = s.dilation == 1 ? s.kernel_width : 1;
  const std::int64_t run = together * s.channels;
  for (std::int64_t ky = 0; ky < s.kernel_height; ++ky) {
    const std::int64_t y = top + ky * s.dilation;
    const bool inside = y >= 0 && y < s.height;
    const std::int8_t* line = images + (image * s.height + y) * s.width * s.channels;
    for (std::int64_t kx = 0; kx < s.kernel_width; kx += together, to += run) {
      const std::int64_t x = left + kx * s.dilation;
      const std::int64_t begin = inside ? limited(-x * s.channels, 0, run) : run;
      const std::int64_t end = inside ? limited((s.width - x) * s.channels, begin, run) : run;
      put_zeros(begin, to);
      put_run(line + x * s.channels + begin, end - begin, to + begin);
      put_zeros(run - end, to + end);
    }
  }
}

/// Elements of a tile's row: a little more than there are, so that rows do not share few sets of
/// the cache.
inline std::int64_t row_stride(const ConvolutionSizes& s) {
  return divided(steps_of(s) * group * std::int64_t(sizeof(Image)), 64) * 64 /
             std::int64_t(sizeof(Image)) +
         64 / std::int64_t(sizeof(Image));
}

inline void put_tile(const ConvolutionSizes& s, const std::int8_t* images, std::int64_t begin,
                     std::int64_t end, Image* tile) {
  const std::int64_t k = s.taps() * s.channels;
  for (std::int64_t pixel = begin; pixel < end; ++pixel, tile += row_stride(s)) {
    if (s.pointwise()) {
      put_run(images + pixel * k, k, tile);
    } else {
      put_patch(s, images, pixel, tile);
    }
    put_zeros(steps_of(s) * group - k, tile + k);
  }
}

}  // namespace motley::workloads::int8::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
