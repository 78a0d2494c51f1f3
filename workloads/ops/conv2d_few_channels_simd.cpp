#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/conv2d_few_channels.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_few_channels_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;
using gemm::Convolution;

constexpr std::int64_t lanes = hn::MaxLanes(Floats());
constexpr bool many_registers = HWY_MAX_BYTES >= 64;
/// Outputs of a tile: they fill the registers, with one or two vectors each.
template <int vectors>
constexpr int most_outputs = vectors == 1 ? (many_registers ? 24 : 12) : (many_registers ? 12 : 6);
/// Sums of a tile of the gradient: they fill the registers but for dy and a float of the image.
template <int vectors>
constexpr int most_sums = vectors == 1 ? (many_registers ? 30 : 12) : (many_registers ? 28 : 12);

/// Channels of `together` neighbouring pixels lie side by side: they are those of one pixel of a
/// convolution with as many times the channels and stride, and a kernel wider by their strides.
/// Its weights are those of all pixels, with zeros where a pixel does not see.
struct Layer {
  const Convolution& given;
  std::int64_t together;
  std::int64_t outputs, width;  ///< of a line, and channels of each
  std::int64_t columns;         ///< channels, filled up to whole vectors
  std::int64_t run, step;       ///< floats that a row of the kernel sees, and to the next window
  std::int64_t line;            ///< floats of a line with its padding
  std::int64_t rows;            ///< lines of outputs that are computed at once: caches hold them

  Layer(const Convolution& c, std::int64_t pixels)
      : given(c),
        together(pixels),
        outputs(c.output_width / pixels),
        width(pixels * c.output_channels),
        columns(divided(width, lanes) * lanes),
        run(((pixels - 1) * c.stride_x + c.kernel_width) * c.channels),
        step(pixels * c.stride_x * c.channels),
        line((outputs - 1) * step + run) {
    constexpr std::int64_t cached_floats = 8192;
    const std::int64_t room = cached_floats - c.kernel_height * line;
    rows = limited(room / (c.stride_y * line + outputs * width), 1, c.output_height);
  }
  std::int64_t lines(std::int64_t output_rows) const {
    return (output_rows - 1) * given.stride_y + given.kernel_height;
  }
  std::int64_t weights() const { return given.kernel_height * run * columns; }
  /// Floats that one pixel of the given convolution costs.
  double cost() const { return double(run * columns) / double(together); }
};

Layer cheapest_layer(const Convolution& c) {
  std::int64_t best = 1;
  for (std::int64_t pixels = 2; pixels <= 8; ++pixels) {
    if (c.output_width % pixels != 0) continue;
    if (Layer(c, pixels).cost() < Layer(c, best).cost()) best = pixels;
  }
  return Layer(c, best);
}

/// Where a member's part of the workspace holds what, in floats.
struct Places {
  std::int64_t bias, lines, outputs, end;
  explicit Places(const Layer& l)
      : bias(l.weights()),
        lines(bias + l.columns),
        outputs(lines + l.lines(l.rows) * l.line),
        end(divided(outputs + l.rows * l.outputs * l.width + lanes, lanes) * lanes) {}
};

struct Memory {
  float *weights, *bias, *lines, *outputs;
  Memory(const Layer& l, const CpuTask& task, std::byte* workspace) {
    const Places places(l);
    weights = reinterpret_cast<float*>(workspace) + task.member * places.end;
    bias = weights + places.bias;
    lines = weights + places.lines;
    outputs = weights + places.outputs;
  }
};

HWY_INLINE void copy(const float* from, std::int64_t count, float* to) {
  for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(at.load(from), to); });
}
HWY_INLINE void clear(float* to, std::int64_t count) {
  for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(all(0), to); });
}

/// The lines that `rows` lines of outputs from `row` on see, with zeros for padding.
void copy_lines(const Layer& l, const float* images, std::int64_t row, std::int64_t rows,
                float* to) {
  const Convolution& c = l.given;
  const std::int64_t image_line = c.width * c.channels, before = c.pad_left * c.channels;
  const Span inside{least(before, l.line), limited(before + image_line, 0, l.line)};
  const float* const image = images + row / c.output_height * c.height * image_line;
  std::int64_t y = row % c.output_height * c.stride_y - c.pad_top;
  for (std::int64_t i = l.lines(rows); i > 0; --i, ++y, to += l.line) {
    if (y < 0 || y >= c.height) {
      clear(to, l.line);
      continue;
    }
    clear(to, inside.begin);
    copy(image + y * image_line + inside.begin - before, inside.size(), to + inside.begin);
    clear(to + inside.end, l.line - inside.end);
  }
}

/// Calls f(row, rows) for pieces of this member's share of the output lines.
template <class F>
void for_each_piece(const CpuTask& task, const Layer& l, const F& f) {
  const std::int64_t height = l.given.output_height;
  const auto [begin, end] = task.share(l.given.images * height);
  for (std::int64_t row = begin; row < end;) {
    const std::int64_t rows = least(l.rows, least(end, (row / height + 1) * height) - row);
    f(row, rows);
    row += rows;
  }
}

// ---- Forward

struct Target {
  const float *weights, *bias;  ///< [kernel row][run][columns]; from the tile's first column
  Activation activation;
  std::int64_t channels;  ///< that are left from there on
};

HWY_INLINE void put(F v, std::int64_t count, float* to) {
  if (count >= lanes) {
    hn::StoreU(v, Floats(), to);
  } else {
    Part{0, static_cast<std::size_t>(count)}.store(v, to);
  }
}

/// `outputs` of `vectors` each, the first of which sees x[kernel row][run].
template <int outputs, int vectors>
void forward_tile(const Layer& l, const float* x, const Target& target, float* to) {
  const Floats d;
  F s[outputs][vectors];
#pragma GCC unroll 32
  for (int p = 0; p < outputs; ++p) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) s[p][v] = hn::LoadU(d, target.bias + v * lanes);
  }
  const float* weights = target.weights;
  for (std::int64_t ky = 0; ky < l.given.kernel_height; ++ky, x += l.line) {
    for (std::int64_t j = 0; j < l.run; ++j, weights += l.columns) {
      F w[vectors];
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) w[v] = hn::LoadU(d, weights + v * lanes);
      const float* seen = x + j;
#pragma GCC unroll 32
      for (int p = 0; p < outputs; ++p, seen += l.step) {
        const F value = hn::Set(d, *seen);
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) s[p][v] = hn::MulAdd(value, w[v], s[p][v]);
      }
    }
  }
#pragma GCC unroll 32
  for (int p = 0; p < outputs; ++p, to += l.width) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      put(activated(s[p][v], target.activation), target.channels - v * lanes, to + v * lanes);
    }
  }
}

using ForwardForm = void (*)(const Layer&, const float*, const Target&, float*);

template <int vectors, std::size_t... outputs>
HWY_INLINE ForwardForm of_outputs(std::int64_t count, std::index_sequence<outputs...>) {
  static constexpr ForwardForm forms[] = {forward_tile<static_cast<int>(outputs + 1), vectors>...};
  return forms[count - 1];
}

/// A line of outputs, `vectors` of each.
template <int vectors>
void forward_line(const Layer& l, const float* x, const Target& target, float* to) {
  constexpr int most = most_outputs<vectors>;
  const std::int64_t tiles = divided(l.outputs, most);
  for (std::int64_t i = 0; i < tiles; ++i) {
    const Span tile = even_piece({0, l.outputs}, i, tiles);
    const ForwardForm form = of_outputs<vectors>(tile.size(), std::make_index_sequence<most>());
    form(l, x + tile.begin * l.step, target, to + tile.begin * l.width);
  }
}

/// Weights and bias of all pixels of an output.
void fill(const Layer& l, const float* weights, const float* bias, const Memory& to) {
  const Convolution& c = l.given;
  const std::int64_t n = c.output_channels;
  clear(to.weights, l.weights());
  clear(to.bias, l.columns);
  for (std::int64_t pixel = 0; pixel < l.together; ++pixel) {
    if (bias) copy(bias, n, to.bias + pixel * n);
    const float* from = weights;
    for (std::int64_t ky = 0; ky < c.kernel_height; ++ky) {
      const std::int64_t first = ky * l.run + pixel * c.stride_x * c.channels;
      for (std::int64_t j = 0; j < c.kernel_width * c.channels; ++j, from += n) {
        copy(from, n, to.weights + (first + j) * l.columns + pixel * n);
      }
    }
  }
}

void forward_simd(const CpuTask& task, const Convolution& c, const float* images,
                  const float* weights, const float* bias, Activation activation, float* outputs,
                  std::byte* workspace) {
  const Layer l = cheapest_layer(c);
  const Memory memory(l, task, workspace);
  fill(l, weights, bias, memory);
  for_each_piece(task, l, [&](std::int64_t row, std::int64_t rows) HWY_ATTR {
    copy_lines(l, images, row, rows, memory.lines);
    for (std::int64_t i = 0; i < rows; ++i) {
      const float* const x = memory.lines + i * c.stride_y * l.line;
      float* const to = outputs + (row + i) * l.outputs * l.width;
      for (std::int64_t j = 0; j < l.width; j += 2 * lanes) {
        const Target target{memory.weights + j, memory.bias + j, activation, l.width - j};
        const auto form = target.channels <= lanes ? forward_line<1> : forward_line<2>;
        form(l, x, target, to + j);
      }
    }
  });
}

// ---- The gradient by the weights

/// sums[line][row][vectors] += x[line][output][row] * dy[output], over `rows` lines of outputs, for
/// `lines` rows of the kernel.
template <int count, int vectors, int lines>
void weights_tile(const Layer& l, const float* x, const float* dy, std::int64_t rows, float* sums) {
  const Floats d;
  F s[lines * count][vectors];
#pragma GCC unroll 32
  for (int r = 0; r < lines * count; ++r) {
    float* const sum = sums + (r / count * l.run + r % count) * l.columns;
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) s[r][v] = hn::LoadU(d, sum + v * lanes);
  }
  for (std::int64_t row = 0; row < rows; ++row, x += l.given.stride_y * l.line) {
    const float* xs[lines];
#pragma GCC unroll 32
    for (int line = 0; line < lines; ++line) xs[line] = x + line * l.line;
    std::int64_t place = 0;
    for (std::int64_t i = 0; i < l.outputs; ++i, place += l.step, dy += l.width) {
      F ds[vectors];
#pragma GCC unroll 32
      for (int v = 0; v < vectors; ++v) {
        ds[v] = hn::LoadU(d, dy + v * lanes);
        hwy::Prefetch(dy + 16 * l.width + v * lanes);  // comes from memory, a line or two an output
      }
#pragma GCC unroll 32
      for (int r = 0; r < lines * count; ++r) {
        const F value = hn::Set(d, xs[r / count][place + r % count]);
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) s[r][v] = hn::MulAdd(value, ds[v], s[r][v]);
      }
    }
  }
#pragma GCC unroll 32
  for (int r = 0; r < lines * count; ++r) {
    float* const sum = sums + (r / count * l.run + r % count) * l.columns;
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) hn::StoreU(s[r][v], d, sum + v * lanes);
  }
}

/// Sums all rows of the kernel, in tiles of as many as the registers hold.
template <int count, int vectors, int lines = 5>
void weights_rows(const Layer& l, const float* x, const float* dy, std::int64_t rows,
                  std::int64_t left, float* sums) {
  if constexpr (lines == 1 || lines * count * vectors <= most_sums<vectors>) {
    for (; left >= lines; left -= lines, x += lines * l.line, sums += lines * l.run * l.columns) {
      weights_tile<count, vectors, lines>(l, x, dy, rows, sums);
    }
  }
  if constexpr (lines > 1) {
    weights_rows<count, vectors, lines == 5 ? 3 : lines - 1>(l, x, dy, rows, left, sums);
  }
}

using WeightsForm = void (*)(const Layer&, const float*, const float*, std::int64_t, std::int64_t,
                             float*);

template <int vectors, std::size_t... counts>
HWY_INLINE WeightsForm of_rows(std::int64_t count, std::index_sequence<counts...>) {
  static constexpr WeightsForm forms[] = {weights_rows<static_cast<int>(counts + 1), vectors>...};
  return forms[count - 1];
}

/// What `rows` lines of outputs add to all sums.
void add_lines(const Layer& l, const float* x, const float* dy, std::int64_t rows, float* sums) {
  const std::make_index_sequence<most_outputs<2>> counts;
  const std::int64_t tiles = divided(l.run, most_outputs<2>);
  for (std::int64_t i = 0; i < tiles; ++i) {
    const Span run = even_piece({0, l.run}, i, tiles);
    for (std::int64_t j = 0; j < l.width; j += 2 * lanes) {
      const bool narrow = l.width - j <= lanes;
      const WeightsForm form =
          narrow ? of_rows<1>(run.size(), counts) : of_rows<2>(run.size(), counts);
      form(l, x + run.begin, dy + j, rows, l.given.kernel_height, sums + run.begin * l.columns + j);
    }
  }
}

void weights_simd(const CpuTask& task, const Convolution& c, const float* images,
                  const float* output_gradient, std::byte* workspace) {
  const Layer l = cheapest_layer(c);
  const Memory memory(l, task, workspace);
  clear(memory.weights, l.weights());
  const std::int64_t floats = c.images * c.output_height * l.outputs * l.width;
  for_each_piece(task, l, [&](std::int64_t row, std::int64_t rows) HWY_ATTR {
    copy_lines(l, images, row, rows, memory.lines);
    // The last output's vectors read beyond it: into sums that nobody asks for, but not beyond all.
    const float* dy = output_gradient + row * l.outputs * l.width;
    const std::int64_t count = rows * l.outputs * l.width;
    if (l.width % lanes != 0 && floats - (row * l.outputs * l.width + count) < lanes) {
      copy(dy, count, memory.outputs);
      clear(memory.outputs + count, lanes);
      dy = memory.outputs;
    }
    add_lines(l, memory.lines, dy, rows, memory.weights);
  });
}

/// Sums over members and pixels that lie together.
void finish_simd(const Convolution& c, unsigned members, const std::byte* workspace,
                 float* weight_gradient) {
  const Layer l = cheapest_layer(c);
  const Places places(l);
  const std::int64_t n = c.output_channels;
  const auto* const all_sums = reinterpret_cast<const float*>(workspace);
  for (std::int64_t ky = 0; ky < c.kernel_height; ++ky) {
    for (std::int64_t j = 0; j < c.kernel_width * c.channels; ++j, weight_gradient += n) {
      for_each_vector(0, n, [&](auto at) HWY_ATTR {
        F sum = all(0);
        for (unsigned member = 0; member < members; ++member) {
          const float* const sums = all_sums + member * places.end;
          for (std::int64_t pixel = 0; pixel < l.together; ++pixel) {
            const std::int64_t row = ky * l.run + pixel * c.stride_x * c.channels + j;
            sum = hn::Add(sum, at.load(sums + row * l.columns + pixel * n));
          }
        }
        at.store(sum, weight_gradient);
      });
    }
  }
}

std::int64_t member_floats(const Convolution& c) {
  return Places(cheapest_layer(c)).end;
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(forward_simd);
HWY_EXPORT(weights_simd);
HWY_EXPORT(finish_simd);
HWY_EXPORT(member_floats);

bool has_few_channels(const gemm::Convolution& c) {
  return c.channels <= 4 && c.groups == 1 && c.dilation_x == 1 && c.dilation_y == 1;
}

std::size_t few_channels_bytes(const gemm::Convolution& c) {
  return static_cast<std::size_t>(HWY_DYNAMIC_DISPATCH(member_floats)(c)) * sizeof(float);
}

void convolve_few_channels(const CpuTask& task, const gemm::Convolution& c, const float* images,
                           const float* weights, const float* bias, Activation activation,
                           float* outputs, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(forward_simd)
  (task, c, images, weights, bias, activation, outputs, workspace);
}

void sum_few_channels(const CpuTask& task, const gemm::Convolution& c, const float* images,
                      const float* output_gradient, std::byte* workspace) {
  HWY_DYNAMIC_DISPATCH(weights_simd)
  (task, c, images, output_gradient, workspace);
}

void finish_few_channels(const gemm::Convolution& c, unsigned members, const std::byte* workspace,
                         float* weight_gradient) {
  HWY_DYNAMIC_DISPATCH(finish_simd)
  (c, members, workspace, weight_gradient);
}

}  // namespace motley::workloads
#endif
