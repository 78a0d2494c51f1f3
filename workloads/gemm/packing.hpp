// Copies operands into the order in which the microkernel reads them, once for each Highway target.
// A tile of A lies row by row where k is contiguous in memory, and k by k where rows are: packing
// is then a copy of contiguous runs. What a tile holds behind the given rows is left as it was:
// those rows of the result are dropped.
#include "workloads/gemm/tiles.hpp"

#if defined(MOTLEY_GEMM_PACKING) == defined(HWY_TARGET_TOGGLE)
#ifdef MOTLEY_GEMM_PACKING
#undef MOTLEY_GEMM_PACKING
#else
#define MOTLEY_GEMM_PACKING
#endif

#include "workloads/gemm/microkernel.hpp"
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::gemm::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using workloads::HWY_NAMESPACE::activated;
using workloads::HWY_NAMESPACE::all;
using workloads::HWY_NAMESPACE::Floats;
using workloads::HWY_NAMESPACE::for_each_vector;
using workloads::HWY_NAMESPACE::Part;
using workloads::HWY_NAMESPACE::Whole;

HWY_INLINE void copy_run(float* to, const float* from, std::int64_t count) {
  for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(at.load(from), to); });
}
HWY_INLINE void zero_run(float* to, std::int64_t count) {
  for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(all(0), to); });
}

/// Rows of A whose k is contiguous.
inline void pack_rows(const Matrix& a, Span rows, Span k, float* tile) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row, tile += tile_row_stride) {
    copy_run(tile, a.data + row * a.stride + k.begin, k.size());
  }
}

/// Rows of A that are neighbours in memory.
inline void pack_transposed_rows(const Matrix& a, Span rows, Span k, float* tile) {
  const float* from = a.data + k.begin * a.stride + rows.begin;
  for (std::int64_t i = 0; i < k.size(); ++i, from += a.stride, tile += tile_rows) {
    copy_run(tile, from, rows.size());
  }
}

/// A place in the result of a convolution.
struct Pixel {
  std::int64_t image, y, x;
  Pixel(const Patches& p, std::int64_t index)
      : image(index / (p.output_height * p.output_width)),
        y(index / p.output_width % p.output_height),
        x(index % p.output_width) {}
  void next(const Patches& p) {
    if (++x < p.output_width) return;
    x = 0;
    if (++y < p.output_height) return;
    y = 0;
    ++image;
  }
};

/// Line y of an image, which is inside of it.
HWY_INLINE const float* line_of(const Patches& p, std::int64_t image, std::int64_t y) {
  return p.data + (image * p.height + y) * p.width * p.pixel_stride;
}

/// [k.begin, k.end) of one pixel's patch. Taps that are neighbours in memory are one run.
HWY_INLINE void pack_patch(const Patches& p, const Pixel& pixel, Span k, std::int64_t run_taps,
                           float* to) {
  const std::int64_t run_length = run_taps * p.channels;
  const std::int64_t run = k.begin / run_length, runs_per_line = p.kernel_width / run_taps;
  std::int64_t kernel_y = run / runs_per_line, kernel_x = run % runs_per_line * run_taps;
  std::int64_t begin = k.begin % run_length, left = k.size();
  while (left > 0) {
    const std::int64_t end = least(run_length, begin + left);
    const std::int64_t y = pixel.y * p.stride_y - p.pad_top + kernel_y * p.dilation_y;
    const std::int64_t x = pixel.x * p.stride_x - p.pad_left + kernel_x * p.dilation_x;
    std::int64_t first = end, last = end;  // inside the image
    if (y >= 0 && y < p.height) {
      first = limited(-x * p.channels, begin, end);
      last = limited((p.width - x) * p.channels, first, end);
    }
    if (first > begin) zero_run(to, first - begin);
    if (last > first) {
      copy_run(to + first - begin, line_of(p, pixel.image, y) + x * p.pixel_stride + first,
               last - first);
    }
    if (end > last) zero_run(to + last - begin, end - last);
    to += end - begin;
    left -= end - begin;
    begin = 0;
    kernel_x += run_taps;
    if (kernel_x == p.kernel_width) {
      kernel_x = 0;
      ++kernel_y;
    }
  }
}

inline void pack_patches(const Patches& p, Span rows, Span k, float* tile) {
  const bool contiguous = p.dilation_x == 1 && p.pixel_stride == p.channels;
  const std::int64_t run_taps = contiguous ? p.kernel_width : 1;
  Pixel pixel(p, rows.begin);
  for (std::int64_t row = rows.begin; row < rows.end; ++row, tile += tile_row_stride) {
    pack_patch(p, pixel, k, run_taps, tile);
    pixel.next(p);
  }
}

/// `count` channels of one tap, for the pixels `k`.
inline void pack_tap(const Patches& p, std::int64_t tap, std::int64_t channel, std::int64_t count,
                     Span k, float* to) {
  const std::int64_t tap_y = tap / p.kernel_width * p.dilation_y - p.pad_top;
  const std::int64_t tap_x = tap % p.kernel_width * p.dilation_x - p.pad_left;
  // Where x * stride_x + tap_x is inside the image.
  const std::int64_t inside_begin = tap_x >= 0 ? 0 : divided(-tap_x, p.stride_x);
  const std::int64_t inside_end = tap_x >= p.width ? 0 : divided(p.width - tap_x, p.stride_x);
  Pixel pixel(p, k.begin);
  for (std::int64_t left = k.size(); left > 0;) {
    const std::int64_t end = least(p.output_width, pixel.x + left);
    left -= end - pixel.x;
    const std::int64_t y = pixel.y * p.stride_y + tap_y;
    const bool inside = y >= 0 && y < p.height;
    const std::int64_t first = inside ? limited(inside_begin, pixel.x, end) : end;
    const std::int64_t last = inside ? limited(inside_end, first, end) : end;
    std::int64_t x = pixel.x;
    for (; x < first; ++x, to += tile_rows) zero_run(to, count);
    if (x < last) {
      const float* from =
          line_of(p, pixel.image, y) + (x * p.stride_x + tap_x) * p.pixel_stride + channel;
      for (; x < last; ++x, to += tile_rows, from += p.stride_x * p.pixel_stride) {
        copy_run(to, from, count);
      }
    }
    for (; x < end; ++x, to += tile_rows) zero_run(to, count);
    pixel.x = end - 1;
    pixel.next(p);
  }
}

inline void pack_transposed_patches(const Patches& p, Span rows, Span k, float* tile) {
  for (std::int64_t row = rows.begin; row < rows.end;) {
    const std::int64_t tap = row / p.channels, channel = row % p.channels;
    const std::int64_t count = least(p.channels - channel, rows.end - row);
    pack_tap(p, tap, channel, count, k, tile);
    row += count;
    tile += count;
  }
}

inline bool is_transposed(const Product& product) {
  return product.patches ? product.patches->transposed : product.a.transposed;
}

inline void pack_a(const Product& product, Span rows, Span k, float* tile) {
  if (product.patches) {
    product.patches->transposed ? pack_transposed_patches(*product.patches, rows, k, tile)
                                : pack_patches(*product.patches, rows, k, tile);
  } else {
    product.a.transposed ? pack_transposed_rows(product.a, rows, k, tile)
                         : pack_rows(product.a, rows, k, tile);
  }
}

/// k rows of one panel from rows of memory.
inline void pack_panel(const float* from, std::int64_t stride, std::int64_t k, std::int64_t columns,
                       float* panel) {
  if (columns == tile_columns) {
    for (std::int64_t i = 0; i < k; ++i, from += stride, panel += tile_columns) {
      for (std::int64_t j = 0; j < tile_columns; j += vector_lanes) {
        hn::Store(hn::LoadU(Floats(), from + j), Floats(), panel + j);
      }
    }
    return;
  }
  for (std::int64_t i = 0; i < k; ++i, from += stride, panel += tile_columns) {
    for (std::int64_t j = 0; j < tile_columns; j += vector_lanes)
      hn::Store(all(0), Floats(), panel + j);
    copy_run(panel, from, columns);
  }
}

/// k rows of one panel from columns of memory.
inline void pack_transposed_panel(const float* from, std::int64_t stride, std::int64_t k,
                                  std::int64_t columns, float* panel) {
  std::int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::FixedTag<float, 4> d;
  for (; j + 4 <= columns; j += 4, from += 4 * stride) {
    std::int64_t i = 0;
    for (; i + 4 <= k; i += 4) {
      const auto r0 = hn::LoadU(d, from + i), r1 = hn::LoadU(d, from + stride + i),
                 r2 = hn::LoadU(d, from + 2 * stride + i), r3 = hn::LoadU(d, from + 3 * stride + i);
      const auto low02 = hn::InterleaveLower(d, r0, r2), low13 = hn::InterleaveLower(d, r1, r3),
                 high02 = hn::InterleaveUpper(d, r0, r2), high13 = hn::InterleaveUpper(d, r1, r3);
      float* to = panel + i * tile_columns + j;
      hn::Store(hn::InterleaveLower(d, low02, low13), d, to);
      hn::Store(hn::InterleaveUpper(d, low02, low13), d, to + tile_columns);
      hn::Store(hn::InterleaveLower(d, high02, high13), d, to + 2 * tile_columns);
      hn::Store(hn::InterleaveUpper(d, high02, high13), d, to + 3 * tile_columns);
    }
    for (; i < k; ++i) {
      for (std::int64_t c = 0; c < 4; ++c) panel[i * tile_columns + j + c] = from[c * stride + i];
    }
  }
#endif
  for (; j < tile_columns; ++j, from += stride) {
    for (std::int64_t i = 0; i < k; ++i) panel[i * tile_columns + j] = j < columns ? from[i] : 0;
  }
}

/// Rows `k` of the panel that begins at `column`.
inline void pack_b_panel(const Right& b, Span k, std::int64_t column, std::int64_t columns,
                         float* panel) {
  for (std::int64_t begin = k.begin; begin < k.end;) {
    std::int64_t row = begin, end = k.end;
    const float* data = b.matrix.data;
    if (b.block_rows > 0) {
      const std::int64_t block = begin / b.block_rows;
      row = begin % b.block_rows;
      end = least(k.end, (block + 1) * b.block_rows);
      data +=
          block % b.blocks_per_line * b.block_stride + block / b.blocks_per_line * b.line_stride;
    }
    if (b.matrix.transposed) {
      pack_transposed_panel(data + column * b.matrix.stride + row, b.matrix.stride, end - begin,
                            columns, panel);
    } else {
      pack_panel(data + row * b.matrix.stride + column, b.matrix.stride, end - begin, columns,
                 panel);
    }
    panel += (end - begin) * tile_columns;
    begin = end;
  }
}

}  // namespace motley::workloads::gemm::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
