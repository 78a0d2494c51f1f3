#include "workloads/ops/conv2d_few_channels.hpp"

// See gemm/gemm_simd.cpp: arrays of SVE's vectors cannot be held in registers.
#define HWY_DISABLED_TARGETS \
  (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_few_channels_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {

using F = hn::Vec<Floats>;
using gemm::Convolution;

/// Pixels, or rows of the gradient, of a tile: with two vectors each they fill the registers.
constexpr int tile = HWY_MAX_BYTES >= 64 ? 12 : 6;
constexpr std::int64_t lanes = hn::MaxLanes(Floats());

/// Sizes that follow from a convolution's.
struct Layer {
  const Convolution& c;
  std::int64_t run;         ///< floats that a row of the kernel sees
  std::int64_t columns;     ///< output channels, filled up to whole tiles of any target
  std::int64_t line, step;  ///< floats from one row of an image to the next, one window to the next
  std::int64_t given;       ///< of dy, from one output to the next: copied unless whole vectors

  explicit Layer(const Convolution& of)
      : c(of),
        run(of.kernel_width * of.channels),
        columns((of.output_channels + 31) / 32 * 32),
        line(of.width * of.channels),
        step(of.stride_x * of.channels),
        given(of.output_channels % lanes == 0 ? of.output_channels : columns) {}
  std::int64_t weights() const { return c.kernel_height * run * columns; }
};

struct Span {
  std::int64_t begin, end;
};

HWY_INLINE std::int64_t limited(std::int64_t x, std::int64_t low, std::int64_t high) {
  return x < low ? low : x < high ? x : high;
}

/// One output row: where the window of output 0 begins, and which rows of the kernel lie inside.
struct Row {
  const float* from;
  Span kernel;
};

Row row_of(const Layer& l, const float* images, std::int64_t row) {
  const Convolution& c = l.c;
  const std::int64_t y = row % c.output_height * c.stride_y - c.pad_top;
  const std::int64_t begin = limited(-y, 0, c.kernel_height);
  return {images + (row / c.output_height * c.height + y) * l.line - c.pad_left * c.channels,
          {begin, limited(c.height - y, begin, c.kernel_height)}};
}

/// Which floats of the run lie inside for output `ox`.
Span inside(const Layer& l, std::int64_t ox) {
  const std::int64_t x = ox * l.c.stride_x - l.c.pad_left;
  const std::int64_t begin = limited(-x * l.c.channels, 0, l.run);
  return {begin, limited((l.c.width - x) * l.c.channels, begin, l.run)};
}

/// Outputs that see the whole run.
Span whole_outputs(const Layer& l) {
  const Convolution& c = l.c;
  const std::int64_t begin = limited((c.pad_left + c.stride_x - 1) / c.stride_x, 0, c.output_width);
  const std::int64_t room = c.width + c.pad_left - c.kernel_width;
  return {begin, room < 0 ? begin : limited(room / c.stride_x + 1, begin, c.output_width)};
}

/// How many outputs from `ox` on may be computed together, at most `most`: those that see the whole
/// run, or one that does not.
std::int64_t together(Span whole, std::int64_t ox, std::int64_t most) {
  return ox < whole.begin || ox >= whole.end ? 1 : limited(whole.end - ox, 1, most);
}

struct Weights {
  const float* weights;  ///< [kernel row][run][columns], from the tile's first column
  const float* bias;
  Activation activation;
};

HWY_INLINE void put(F v, std::int64_t count, float* to) {
  if (count == lanes) {
    hn::StoreU(v, Floats(), to);
  } else {
    Part{0, static_cast<std::size_t>(count)}.store(v, to);
  }
}

/// `pixels` outputs of `vectors` each.
template <int pixels, int vectors>
void forward_tile(const Layer& l, const Row& row, std::int64_t ox, Span run, const Weights& w,
                  std::int64_t columns, float* to) {
  const Floats d;
  F s[pixels][vectors];
#pragma GCC unroll 32
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) s[p][v] = hn::LoadU(d, w.bias + v * lanes);
  }
  for (std::int64_t ky = row.kernel.begin; ky < row.kernel.end; ++ky) {
    const float* x = row.from + ky * l.line + ox * l.step + run.begin;
    const float* weights = w.weights + (ky * l.run + run.begin) * l.columns;
    for (std::int64_t j = run.begin; j < run.end; ++j, ++x, weights += l.columns) {
      F ws[vectors];
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) ws[v] = hn::LoadU(d, weights + v * lanes);
#pragma GCC unroll 32
      for (int p = 0; p < pixels; ++p) {
        const F value = hn::Set(d, x[p * l.step]);
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) s[p][v] = hn::MulAdd(value, ws[v], s[p][v]);
      }
    }
  }
#pragma GCC unroll 32
  for (int p = 0; p < pixels; ++p, to += l.c.output_channels) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      const std::int64_t left = columns - v * lanes;
      put(activated(s[p][v], w.activation), left < lanes ? left : lanes, to + v * lanes);
    }
  }
}

template <int pixels, int vectors>
void forward_pixels(std::int64_t count, const Layer& l, const Row& row, std::int64_t ox, Span run,
                    const Weights& w, std::int64_t columns, float* to) {
  if (count == pixels) {
    return forward_tile<pixels, vectors>(l, row, ox, run, w, columns, to);
  }
  if constexpr (pixels > 1) {
    forward_pixels<pixels - 1, vectors>(count, l, row, ox, run, w, columns, to);
  }
}

void forward_row(const Layer& l, const Row& row, const float* weights, const float* bias,
                 Activation activation, float* to) {
  const Span whole = whole_outputs(l);
  for (std::int64_t ox = 0; ox < l.c.output_width;) {
    const std::int64_t count = together(whole, ox, tile);
    const Span run = inside(l, ox);
    for (std::int64_t j = 0; j < l.c.output_channels; j += 2 * lanes) {
      const std::int64_t left = l.c.output_channels - j;
      const auto form = left <= lanes ? forward_pixels<tile, 1> : forward_pixels<tile, 2>;
      form(count, l, row, ox, run, {weights + j, bias + j, activation},
           left < 2 * lanes ? left : 2 * lanes, to + ox * l.c.output_channels + j);
    }
    ox += count;
  }
}

/// to[rows][columns] = from[rows][count], filled up with zeros.
void fill_up(const float* from, std::int64_t rows, std::int64_t count, std::int64_t columns,
             float* to) {
  for (std::int64_t row = 0; row < rows; ++row, to += columns, from += count) {
    for_each_vector(0, columns - count, [=](auto at) HWY_ATTR { at.store(all(0), to + count); });
    for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(at.load(from), to); });
  }
}

void forward_simd(const CpuTask& task, const Convolution& c, const float* images,
                  const float* weights, const float* bias, Activation activation, float* outputs,
                  std::byte* workspace) {
  const Layer l(c);
  float* const filled = reinterpret_cast<float*>(workspace + task.member * few_channels_bytes(c));
  float* const biases = filled + l.weights();
  fill_up(weights, c.kernel_height * l.run, c.output_channels, l.columns, filled);
  fill_up(bias, bias ? 1 : 0, c.output_channels, l.columns, biases);
  for (std::int64_t i = 0; !bias && i < l.columns; ++i) biases[i] = 0;
  const auto [begin, end] = task.share(c.images * c.output_height);
  for (std::int64_t row = begin; row < end; ++row) {
    forward_row(l, row_of(l, images, row), filled, biases, activation,
                outputs + row * c.output_width * c.output_channels);
  }
}

/// Sums of a tile of the gradient: they fill the registers but for a vector or two of dy.
constexpr int most_sums = HWY_MAX_BYTES >= 64 ? 28 : 12;

/// sums[line][row][vectors] += x[line][pixel][row] * dy[pixel], over `pixels`, for `lines` rows of
/// the kernel, which see lines of the image one below the other.
template <int rows, int vectors, int lines>
void weights_tile(const Layer& l, const float* x, const float* dy, std::int64_t pixels,
                  float* sums) {
  const Floats d;
  F s[lines * rows][vectors];
#pragma GCC unroll 32
  for (int r = 0; r < lines * rows; ++r) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) s[r][v] = all(0);
  }
  const float* xs[lines];
#pragma GCC unroll 32
  for (int line = 0; line < lines; ++line) xs[line] = x + line * l.line;
  std::int64_t place = 0;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel, place += l.step, dy += l.given) {
    F ds[vectors];
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      ds[v] = hn::LoadU(d, dy + v * lanes);
      hwy::Prefetch(dy + 16 * l.given + v * lanes);  // comes from memory, a line or two a pixel
    }
#pragma GCC unroll 32
    for (int r = 0; r < lines * rows; ++r) {
      const F value = hn::Set(d, xs[r / rows][place + r % rows]);
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) s[r][v] = hn::MulAdd(value, ds[v], s[r][v]);
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < lines * rows; ++r) {
    float* const sum = sums + (r / rows * l.run + r % rows) * l.columns;
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      hn::StoreU(hn::Add(hn::LoadU(d, sum + v * lanes), s[r][v]), d, sum + v * lanes);
    }
  }
}

/// Sums `lines` rows of the kernel, in tiles of as many as the registers hold.
template <int rows, int vectors>
void weights_rows(std::int64_t count, const Layer& l, const float* x, const float* dy,
                  std::int64_t pixels, std::int64_t lines, float* sums) {
  if (count == rows) {
    constexpr int fit = most_sums / (rows * vectors), most = fit > 3 ? 3 : fit > 1 ? fit : 1;
    const std::int64_t line_sums = l.run * l.columns;
    for (; lines >= most; lines -= most, x += most * l.line, sums += most * line_sums) {
      weights_tile<rows, vectors, most>(l, x, dy, pixels, sums);
    }
    for (; lines > 0; --lines, x += l.line, sums += line_sums) {
      weights_tile<rows, vectors, 1>(l, x, dy, pixels, sums);
    }
    return;
  }
  if constexpr (rows > 1) {
    weights_rows<rows - 1, vectors>(count, l, x, dy, pixels, lines, sums);
  }
}

/// What `pixels` outputs from `ox` on, which see the same part of the run, add to all sums.
void add_pixels(const Layer& l, const Row& row, std::int64_t ox, std::int64_t pixels, Span run,
                const float* dy, float* sums) {
  const std::int64_t ky = row.kernel.begin;
  const float* const x = row.from + ky * l.line + ox * l.step;
  const std::int64_t floats = run.end - run.begin, tiles = (floats + tile - 1) / tile;
  for (std::int64_t i = 0; i < tiles; ++i) {
    const std::int64_t begin = run.begin + floats * i / tiles,
                       end = run.begin + floats * (i + 1) / tiles;
    for (std::int64_t j = 0; j < l.c.output_channels; j += 2 * lanes) {
      const bool narrow = l.c.output_channels - j <= lanes;
      const auto form = narrow ? weights_rows<tile, 1> : weights_rows<tile, 2>;
      form(end - begin, l, x + begin, dy + ox * l.given + j, pixels, row.kernel.end - ky,
           sums + (ky * l.run + begin) * l.columns + j);
    }
  }
}

void weights_simd(const CpuTask& task, const Convolution& c, const float* images,
                  const float* output_gradient, std::byte* workspace) {
  const Layer l(c);
  float* const sums = reinterpret_cast<float*>(workspace + task.member * few_channels_bytes(c));
  float* const filled = sums + l.weights();
  for (std::int64_t i = 0; i < l.weights(); ++i) sums[i] = 0;
  const Span whole = whole_outputs(l);
  const auto [begin, end] = task.share(c.images * c.output_height);
  for (std::int64_t r = begin; r < end; ++r) {
    const Row row = row_of(l, images, r);
    const float* given = output_gradient + r * c.output_width * c.output_channels;
    const bool as_given = l.given == c.output_channels;
    if (!as_given) fill_up(given, c.output_width, c.output_channels, l.columns, filled);
    const float* const dy = as_given ? given : filled;
    for (std::int64_t ox = 0; ox < c.output_width;) {
      const std::int64_t count = together(whole, ox, c.output_width);
      add_pixels(l, row, ox, count, inside(l, ox), dy, sums);
      ox += count;
    }
  }
}

}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {
namespace {

std::int64_t columns_of(const gemm::Convolution& c) {
  return (c.output_channels + 31) / 32 * 32;
}
std::int64_t rows_of(const gemm::Convolution& c) {
  return c.kernel_height * c.kernel_width * c.channels;
}

}  // namespace

HWY_EXPORT(forward_simd);
HWY_EXPORT(weights_simd);

bool has_few_channels(const gemm::Convolution& c) {
  return c.channels <= 4 && c.groups == 1 && c.dilation_x == 1 && c.dilation_y == 1;
}

std::size_t few_channels_bytes(const gemm::Convolution& c) {
  return std::size_t((rows_of(c) + c.output_width + 1) * columns_of(c)) * sizeof(float);
}

void convolve_few_channels(const CpuTask& task, const gemm::Convolution& c, const float* images,
                           const float* weights, const float* bias, Activation activation,
                           float* outputs, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(forward_simd)
  (task, c, images, weights, bias, activation, outputs, workspace);
}

void sum_few_channels(const CpuTask& task, const gemm::Convolution& c, const float* images,
                      const float* output_gradient, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(weights_simd)(task, c, images, output_gradient, workspace);
}

void finish_few_channels(const gemm::Convolution& c, unsigned members, const std::byte* workspace,
                         float* weight_gradient) {
  for (std::int64_t i = 0; i < rows_of(c) * c.output_channels; ++i) {
    const std::int64_t at = i / c.output_channels * columns_of(c) + i % c.output_channels;
    float sum = 0;
    for (unsigned member = 0; member < members; ++member) {
      sum += reinterpret_cast<const float*>(workspace + member * few_channels_bytes(c))[at];
    }
    weight_gradient[i] = sum;
  }
}

}  // namespace motley::workloads
#endif
