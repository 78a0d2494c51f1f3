// The gradient by the weights, without patches: for each tap, rows of input channels times two
// vectors of output channels stay in registers while pixels pass, which both are read from where
// they lie. Padding is pixels that are left out.
#include <utility>

#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/conv2d_direct.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_direct_weights_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/microkernel.hpp"
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using gemm::Convolution;
using gemm::HWY_NAMESPACE::tile_columns;
using gemm::HWY_NAMESPACE::tile_rows;
using gemm::HWY_NAMESPACE::vector_lanes;
using F = hn::Vec<Floats>;

/// Output channels, filled up to whole tiles of any target.
std::int64_t filled_columns(const Convolution& c) {
  return (c.output_channels + 31) / 32 * 32;
}

/// The outputs along one axis that tap `tap` of an image's `size` pixels reaches.
Span reached(std::int64_t size, std::int64_t outputs, std::int64_t stride, std::int64_t offset) {
  // 0 <= output * stride + offset < size
  const std::int64_t begin = offset >= 0 ? 0 : divided(-offset, stride);
  const std::int64_t end = offset >= size ? 0 : (size - 1 - offset) / stride + 1;
  const std::int64_t last = least(end, outputs);
  return {least(begin, last), last};
}

/// Pixels that one tap pairs: lines of `pixels` each.
struct Pairs {
  const float *x, *dy;
  std::int64_t lines, pixels;
  std::int64_t x_step, x_line, dy_step, dy_line;  ///< floats between pixels, and between lines
  std::int64_t x_ahead, dy_ahead;                 ///< floats to what is wanted next
};

/// Into the L2 cache, as L1 is full. Channels of one tile are pieces of lines of memory, a pixel
/// apart: what hardware does not fetch ahead.
HWY_INLINE void prefetch(const float* from) {
  __builtin_prefetch(from, 0, 2);
}

/// sums[rows][vectors] += x[pixel][row] * dy[pixel].
template <int rows, int vectors>
void sum_tile(const Pairs& pairs, std::int64_t columns, float* HWY_RESTRICT sums) {
  const Floats d;
  F s[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      s[r][v] = hn::LoadU(d, sums + r * columns + v * vector_lanes);
    }
  }
  for (std::int64_t line = 0; line < pairs.lines; ++line) {
    const float* HWY_RESTRICT x = pairs.x + line * pairs.x_line;
    const float* HWY_RESTRICT dy = pairs.dy + line * pairs.dy_line;
    for (std::int64_t i = 0; i < pairs.pixels; ++i, x += pairs.x_step, dy += pairs.dy_step) {
      F given[vectors];
#pragma GCC unroll 16
      for (int v = 0; v < vectors; ++v) {
        given[v] = hn::LoadU(d, dy + v * vector_lanes);
        prefetch(dy + pairs.dy_ahead + v * vector_lanes);
      }
      prefetch(x + pairs.x_ahead);
#pragma GCC unroll 16
      for (int r = 0; r < rows; ++r) {
        const F value = hn::Set(d, x[r]);
#pragma GCC unroll 16
        for (int v = 0; v < vectors; ++v) s[r][v] = hn::MulAdd(value, given[v], s[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 16
    for (int v = 0; v < vectors; ++v) {
      hn::StoreU(s[r][v], d, sums + r * columns + v * vector_lanes);
    }
  }
}

using SumForm = void (*)(const Pairs&, std::int64_t, float*);

template <int vectors, std::size_t... rows>
HWY_INLINE SumForm of_rows(std::int64_t count, std::index_sequence<rows...>) {
  static constexpr SumForm forms[] = {sum_tile<static_cast<int>(rows + 1), vectors>...};
  return forms[count - 1];
}

/// What one tap's pixels add to its rows of the gradient, [channels][columns].
void sum_tap(const Convolution& c, Pairs pairs, std::int64_t columns, float* sums) {
  const std::make_index_sequence<tile_rows> counts;
  const std::int64_t tiles = divided(c.channels, tile_rows);
  const float *const x = pairs.x, *const dy = pairs.dy;
  for (std::int64_t column = 0; column < c.output_channels; column += tile_columns) {
    pairs.dy = dy + column;
    const bool narrow = c.output_channels - column <= vector_lanes;
    for (std::int64_t i = 0; i < tiles; ++i) {
      const Span rows = even_piece({0, c.channels}, i, tiles);
      pairs.x = x + rows.begin;
      const SumForm form =
          narrow ? of_rows<1>(rows.size(), counts) : of_rows<2>(rows.size(), counts);
      form(pairs, columns, sums + rows.begin * columns + column);
    }
  }
}

/// Output lines whose pixels, with what they see, stay in the L1 cache for all taps.
std::int64_t lines_at_once(const Convolution& c) {
  constexpr std::int64_t cached_floats = 8192;
  const std::int64_t line = c.width * c.channels * c.stride_y + c.output_width * filled_columns(c);
  const std::int64_t lines = cached_floats / line;
  return lines < 1 ? 1 : least(lines, c.output_height);
}

/// Lines of the outputs' gradient with whole tiles of channels: as they lie, or copied.
const float* filled_lines(const Convolution& c, const float* dy, std::int64_t lines, float* copy) {
  const std::int64_t columns = filled_columns(c), n = c.output_channels;
  if (columns == n) return dy;
  for (std::int64_t pixel = 0; pixel < lines * c.output_width; ++pixel) {
    const float* const from = dy + pixel * n;
    float* const to = copy + pixel * columns;
    for_each_vector(0, columns - n, [=](auto at) HWY_ATTR { at.store(all(0), to + n); });
    for_each_vector(0, n, [=](auto at) HWY_ATTR { at.store(at.load(from), to); });
  }
  return copy;
}

/// Lines `rows` of one image.
void sum_lines(const Convolution& c, const float* image, const float* dy, Span rows, float* sums) {
  const std::int64_t columns = filled_columns(c);
  for (std::int64_t tap = 0; tap < c.kernel_height * c.kernel_width; ++tap) {
    const std::int64_t dy_offset = tap / c.kernel_width * c.dilation_y - c.pad_top;
    const std::int64_t dx_offset = tap % c.kernel_width * c.dilation_x - c.pad_left;
    Span y = reached(c.height, c.output_height, c.stride_y, dy_offset);
    const Span x = reached(c.width, c.output_width, c.stride_x, dx_offset);
    y = {y.begin > rows.begin ? y.begin : rows.begin, least(y.end, rows.end)};
    if (y.size() <= 0 || x.size() <= 0) continue;
    Pairs pairs;
    pairs.x_step = c.stride_x * c.channels;
    pairs.x_line = c.stride_y * c.width * c.channels;
    pairs.dy_step = columns;
    pairs.dy_line = c.output_width * columns;
    pairs.x_ahead = rows.size() * pairs.x_line;
    pairs.dy_ahead = columns == c.output_channels ? rows.size() * pairs.dy_line : 0;
    pairs.lines = y.size();
    pairs.pixels = x.size();
    pairs.x = image + (y.begin * c.stride_y + dy_offset) * c.width * c.channels +
              (x.begin * c.stride_x + dx_offset) * c.channels;
    pairs.dy = dy + (y.begin - rows.begin) * pairs.dy_line + x.begin * columns;
    sum_tap(c, pairs, columns, sums + tap * c.channels * columns);
  }
}

void sum_direct_simd(const CpuTask& task, const Convolution& c, const float* images,
                     const float* output_gradient, float* sums) {
  const std::int64_t weights = c.kernel_height * c.kernel_width * c.channels * filled_columns(c);
  for_each_vector(0, weights, [=](auto at) HWY_ATTR { at.store(all(0), sums); });
  const std::int64_t lines = lines_at_once(c);
  const std::int64_t pieces = divided(c.output_height, lines);
  const auto [begin, end] = task.share(c.images * pieces);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t image = i / pieces, piece = i % pieces;
    const Span rows = even_piece({0, c.output_height}, piece, pieces);
    const float* const dy = output_gradient + (image * c.output_height + rows.begin) *
                                                  c.output_width * c.output_channels;
    sum_lines(c, images + image * c.height * c.width * c.channels,
              filled_lines(c, dy, rows.size(), sums + weights), rows, sums);
  }
}

std::int64_t sums_floats(const Convolution& c) {
  return (c.kernel_height * c.kernel_width * c.channels + lines_at_once(c) * c.output_width) *
         filled_columns(c);
}

void finish_direct_simd(const CpuTask& task, const Convolution& c, unsigned members,
                        std::int64_t stride, const float* sums, float* to) {
  const std::int64_t columns = filled_columns(c);
  const auto [begin, end] = task.share(c.kernel_height * c.kernel_width * c.channels);
  for (std::int64_t row = begin; row < end; ++row) {
    for_each_vector(0, c.output_channels, [&](auto at) HWY_ATTR {
      F sum = at.load(sums + row * columns);
      for (unsigned member = 1; member < members; ++member) {
        sum = hn::Add(sum, at.load(sums + member * stride + row * columns));
      }
      at.store(sum, to + row * c.output_channels);
    });
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(sum_direct_simd);
HWY_EXPORT(sums_floats);
HWY_EXPORT(finish_direct_simd);

std::size_t direct_sums_bytes(const gemm::Convolution& c) {
  return static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(sums_floats)(c)) * sizeof(float);
}

void sum_direct(const CpuTask& task, const gemm::Convolution& c, const float* images,
                const float* output_gradient, std::byte* workspace) {
  auto* const mine = reinterpret_cast<float*>(workspace + task.member * direct_sums_bytes(c));
  HWY_DYNAMIC_DISPATCH(sum_direct_simd)(task, c, images, output_gradient, mine);
}

void finish_direct(const CpuTask& task, const gemm::Convolution& c, unsigned members,
                   const std::byte* workspace, float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(finish_direct_simd)
  (task, c, members, HWY_DYNAMIC_DISPATCH(sums_floats)(c),
   reinterpret_cast<const float*>(workspace), weight_gradient);
}

}  // namespace motley::workloads
#endif
