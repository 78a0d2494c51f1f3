#include <utility>

#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/conv2d_scatter.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_scatter_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;
using gemm::Convolution;

constexpr std::int64_t lanes = hn::MaxLanes(Floats());
constexpr int most_sums = HWY_MAX_BYTES >= 64 ? 24 : 12;  ///< that registers hold
constexpr int most_rows = 5;                              ///< of the kernel, in a tile

/// Pixels of a tile. Not many: neighbours add to the same floats, one after the other.
template <int rows, int vectors>
constexpr int most_pixels = most_sums / (rows * vectors)<1 ? 1 : most_sums / (rows * vectors)> 6
                                ? 6
                                : most_sums / (rows * vectors);

struct Layer {
  const Convolution& c;
  std::int64_t run, columns;  ///< floats that a kernel row adds to; filled up to whole vectors
  std::int64_t step, line;    ///< floats to the next window; of a line with padding

  explicit Layer(const Convolution& of)
      : c(of),
        run(of.kernel_width * of.channels),
        columns(divided(run, lanes) * lanes),
        step(of.stride_x * of.channels),
        line((of.output_width - 1) * step + columns) {}
  std::int64_t row_weights() const { return c.output_channels * columns; }
  /// Pieces of an image's lines: at least four for each member, and what caches hold, but several
  /// windows high.
  std::int64_t pieces(std::int64_t members) const {
    constexpr std::int64_t cached_floats = 32768;
    const std::int64_t lines = limited(cached_floats / line, 4 * c.kernel_height, c.height);
    const std::int64_t wanted = divided(4 * members, c.images);
    return limited(wanted, divided(c.height, least(lines, c.height)), c.height);
  }
};

void pack_scattered_simd(const CpuTask& task, const Convolution& c, const float* weights,
                         float* packed) {
  const Layer l(c);
  const std::int64_t n = c.output_channels;
  const auto [begin, end] = task.share(c.kernel_height * n);
  for (std::int64_t i = begin; i < end; ++i) {
    const float* from = weights + i / n * l.run * n + i % n;
    float* const to = packed + i * l.columns;
    for (std::int64_t j = 0; j < l.run; ++j, from += n) to[j] = *from;
    for (std::int64_t j = l.run; j < l.columns; ++j) to[j] = 0;
  }
}

/// What a tile reads and adds to, from its first kernel row, column and pixel on.
struct Tile {
  const float *weights, *dy;
  float* to;
  std::int64_t columns;  ///< of the run that are left
};

/// to[row][pixel's window] += sum over channels of dy[pixel][channel] * weights[row][channel].
template <int rows, int vectors, int pixels>
void scatter_tile(const Layer& l, const Tile& tile) {
  const Floats d;
  const std::int64_t n = l.c.output_channels;
  F s[rows][pixels][vectors];
#pragma GCC unroll 32
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 32
    for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) s[r][p][v] = all(0);
    }
  }
  const float* weights = tile.weights;
  for (std::int64_t i = 0; i < n; ++i, weights += l.columns) {
    F given[pixels];
#pragma GCC unroll 32
    for (int p = 0; p < pixels; ++p) given[p] = hn::Set(d, tile.dy[p * n + i]);
    const float* row = weights;
#pragma GCC unroll 32
    for (int r = 0; r < rows; ++r, row += l.row_weights()) {
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) {
        const F w = hn::LoadU(d, row + v * lanes);
#pragma GCC unroll 32
        for (int p = 0; p < pixels; ++p) s[r][p][v] = hn::MulAdd(given[p], w, s[r][p][v]);
      }
    }
  }
  // Weights beyond the run are 0, but 0 x infinity is not.
  const std::int64_t last = tile.columns - (vectors - 1) * lanes;
  const auto in_run = hn::FirstN(d, static_cast<std::size_t>(least(last, lanes)));
#pragma GCC unroll 32
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 32
    for (int r = 0; r < rows; ++r) {
      float* const to = tile.to + r * l.line + p * l.step;
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) {
        const F sum = v + 1 < vectors ? s[r][p][v] : hn::IfThenElseZero(in_run, s[r][p][v]);
        hn::StoreU(hn::Add(hn::LoadU(d, to + v * lanes), sum), d, to + v * lanes);
      }
    }
  }
}

using Form = void (*)(const Layer&, const Tile&);

template <int rows, int vectors, std::size_t... pixels>
HWY_INLINE Form of_pixels(std::int64_t count, std::index_sequence<pixels...>) {
  static constexpr Form forms[] = {scatter_tile<rows, vectors, static_cast<int>(pixels + 1)>...};
  return forms[count - 1];
}

/// All pixels of a line of dy, `rows` of the kernel.
template <int rows, int vectors>
void scatter_line(std::int64_t count, const Layer& l, Tile tile) {
  if constexpr (rows < most_rows) {
    if (count > rows) return scatter_line<rows + 1, vectors>(count, l, tile);
  }
  constexpr int most = most_pixels<rows, vectors>;
  const std::int64_t width = l.c.output_width, tiles = divided(width, most);
  const float* const dy = tile.dy;
  float* const to = tile.to;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const Span pixels = even_piece({0, width}, i, tiles);
    tile.dy = dy + pixels.begin * l.c.output_channels;
    tile.to = to + pixels.begin * l.step;
    of_pixels<rows, vectors>(pixels.size(), std::make_index_sequence<most>())(l, tile);
  }
}

/// What a line of dy adds through the kernel's `rows`; `to` is the first one's line.
void add_line(const Layer& l, const float* packed, const float* dy, Span rows, float* to) {
  const std::int64_t tiles = divided(rows.size(), most_rows);
  for (std::int64_t j = 0; j < l.run; j += 2 * lanes) {
    const auto form = l.run - j <= lanes ? scatter_line<1, 1> : scatter_line<1, 2>;
    for (std::int64_t i = 0; i < tiles; ++i) {
      const Span part = even_piece(rows, i, tiles);
      form(part.size(), l,
           {packed + part.begin * l.row_weights() + j, dy,
            to + (part.begin - rows.begin) * l.line + j, l.run - j});
    }
  }
}

/// Lines `lines` of one image.
void scatter_lines(const Layer& l, const float* packed, const float* dy, Span lines, float* sums,
                   float* image) {
  const Convolution& c = l.c;
  for_each_vector(0, lines.size() * l.line, [=](auto at) HWY_ATTR { at.store(all(0), sums); });
  for (std::int64_t oy = 0; oy < c.output_height; ++oy) {
    const std::int64_t y = oy * c.stride_y - c.pad_top;  // of the kernel's row 0
    const std::int64_t begin = limited(lines.begin - y, 0, c.kernel_height);
    const Span rows{begin, limited(lines.end - y, begin, c.kernel_height)};
    if (rows.size() == 0) continue;
    add_line(l, packed, dy + oy * c.output_width * c.output_channels, rows,
             sums + (y + begin - lines.begin) * l.line);
  }
  // Pixels on the right may be seen by no window.
  const std::int64_t floats = c.width * c.channels, before = c.pad_left * c.channels;
  const std::int64_t seen = limited((c.output_width - 1) * l.step + l.run - before, 0, floats);
  for (std::int64_t y = lines.begin; y < lines.end; ++y, sums += l.line) {
    const float* const from = sums + before;
    float* const to = image + y * floats;
    for_each_vector(0, seen, [=](auto at) HWY_ATTR { at.store(at.load(from), to); });
    for_each_vector(seen, floats, [=](auto at) HWY_ATTR { at.store(all(0), to); });
  }
}

std::int64_t sums_floats(const Convolution& c) {
  const Layer l(c);
  return divided(divided(c.height, l.pieces(1)) * l.line, lanes) * lanes;
}

void scatter_simd(const CpuTask& task, const Convolution& c, const float* packed,
                  const float* output_gradient, float* image_gradient, float* workspace) {
  const Layer l(c);
  float* const sums = workspace + task.member * sums_floats(c);
  const std::int64_t pieces = l.pieces(task.members), chunks = c.images * pieces;
  for (std::int64_t i = task.next_chunk(chunks); i >= 0; i = task.next_chunk(chunks)) {
    const std::int64_t image = i / pieces;
    scatter_lines(l, packed,
                  output_gradient + image * c.output_height * c.output_width * c.output_channels,
                  even_piece({0, c.height}, i % pieces, pieces), sums,
                  image_gradient + image * c.height * c.width * c.channels);
  }
}

std::int64_t filled_run(const Convolution& c) {
  return Layer(c).columns;
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(pack_scattered_simd);
HWY_EXPORT(scatter_simd);
HWY_EXPORT(sums_floats);
HWY_EXPORT(filled_run);

bool can_scatter(const gemm::Convolution& c) {
  return c.groups == 1 && c.dilation_x == 1 && c.dilation_y == 1;
}

double scattered_products(const gemm::Convolution& c) {
  return double(c.images * c.output_height * c.output_width) *
         double(c.kernel_height * c.output_channels * HWY_DYNAMIC_DISPATCH(filled_run)(c));
}

std::size_t packed_scattered_bytes(const gemm::Convolution& c) {
  return static_cast<std::size_t>(c.kernel_height * c.output_channels *
                                  HWY_DYNAMIC_DISPATCH(filled_run)(c)) *
         sizeof(float);
}

void pack_scattered(const CpuTask& task, const gemm::Convolution& c, const float* weights,
                    float* packed) {
  HWY_DYNAMIC_DISPATCH(pack_scattered_simd)(task, c, weights, packed);
}

std::size_t scattered_bytes(const gemm::Convolution& c) {
  return static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(sums_floats)(c)) * sizeof(float);
}

void scatter(const CpuTask& task, const gemm::Convolution& c, const float* packed,
             const float* output_gradient, float* image_gradient, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(scatter_simd)
  (task, c, packed, output_gradient, image_gradient, reinterpret_cast<float*>(workspace));
}

}  // namespace motley::workloads
#endif
