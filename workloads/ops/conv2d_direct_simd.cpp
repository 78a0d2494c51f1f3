// How fast is a convolution whose images are not unfolded? A tile of outputs, pixels of a line
// times two vectors of channels, stays in registers over all taps and channels. Lines are copied
// into blocks of 16 channels, so that the pixels of a tile are a constant apart and padding is
// zeros that lie there: one copy of a float for as many uses as there are taps and output channels.
#include <utility>

#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/conv2d_direct.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/conv2d_direct_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/microkernel.hpp"
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using gemm::Patches;
using gemm::Product;
using gemm::HWY_NAMESPACE::tile_columns;
using gemm::HWY_NAMESPACE::tile_rows;
using gemm::HWY_NAMESPACE::vector_lanes;
using F = hn::Vec<Floats>;

constexpr std::int64_t block = 16;  ///< channels of a pixel that lie side by side in a line

/// Lines that the taps of one output line span.
std::int64_t lines_of(const Patches& p) {
  return p.kernel_height > 0 ? (p.kernel_height - 1) * p.dilation_y + 1 : 1;
}
/// Pixels of a copied line: what the outputs see, and one more for tiles of even numbers of pixels.
std::int64_t line_pixels(const Patches& p) {
  return p.output_width * p.stride_x +
         (p.kernel_width > 0 ? p.kernel_width - 1 : 0) * p.dilation_x + 1;
}
std::int64_t line_floats(const Patches& p) {
  return divided(p.channels, block) * line_pixels(p) * block;
}

// ---- Weights: [panel of output channels][block of channels][tap][channel][tile_columns]

const float* row_of_weights(const Product& part, std::int64_t tap, std::int64_t channel) {
  const gemm::Right& b = part.b;
  const std::int64_t step = b.matrix.transposed ? 1 : b.matrix.stride;
  if (b.block_rows == 0) return b.matrix.data + (tap * part.patches->channels + channel) * step;
  return b.matrix.data + tap % b.blocks_per_line * b.block_stride +
         tap / b.blocks_per_line * b.line_stride + channel * step;
}

void pack_row(const Product& part, const float* from, std::int64_t column, float* to) {
  const std::int64_t count = least(tile_columns, part.n - column);
  if (part.b.matrix.transposed) {
    for (std::int64_t j = 0; j < count; ++j) to[j] = from[(column + j) * part.b.matrix.stride];
  } else {
    for (std::int64_t j = 0; j < count; ++j) to[j] = from[column + j];
  }
  for (std::int64_t j = count; j < tile_columns; ++j) to[j] = 0;
}

std::int64_t packed_floats_simd(const Product& part) {
  return divided(part.n, tile_columns) * tile_columns * part.k;
}

void pack_simd(const CpuTask& task, DirectParts parts, const float* given, float* packed) {
  for (const Product& sizes : parts) {
    const Product part = placed(sizes, nullptr, given, nullptr);
    const std::int64_t channels = part.patches->channels;
    const std::int64_t taps = channels > 0 ? part.k / channels : 0;
    const std::int64_t blocks = divided(channels, block);
    const auto [begin, end] = task.share(divided(part.n, tile_columns) * blocks);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t panel = i / blocks, first = i % blocks * block;
      const std::int64_t count = least(block, channels - first);
      float* to = packed + (panel * part.k + taps * first) * tile_columns;
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        for (std::int64_t c = 0; c < count; ++c, to += tile_columns) {
          pack_row(part, row_of_weights(part, tap, first + c), panel * tile_columns, to);
        }
      }
    }
    packed += packed_floats_simd(part);
  }
}

// ---- Lines

/// The copied lines that one output line sees; kept from one output line to the next.
class Lines {
 public:
  Lines(const Patches& p, float* memory) : p_(p), span_(lines_of(p)), floats_(line_floats(p)) {
    zeros_ = memory;
    memory_ = memory + floats_;
    for_each_vector(0, floats_, [this](auto at) HWY_ATTR { at.store(all(0), zeros_); });
  }

  void begin(std::int64_t image) {
    image_ = p_.data + image * p_.height * p_.width * p_.pixel_stride;
    for (std::int64_t& held : held_) held = -1;
  }

  /// Line y of the image; zeros outside.
  const float* line(std::int64_t y) {
    if (y < 0 || y >= p_.height) return zeros_;
    const std::int64_t slot = y % span_;
    float* const to = memory_ + slot * floats_;
    if (held_[slot] != y) copy(y, to);
    held_[slot] = y;
    return to;
  }

  /// Line y + 1 where it lies, or null.
  const float* after(std::int64_t y) const {
    return y >= -1 && y + 1 < p_.height ? image_ + (y + 1) * p_.width * p_.pixel_stride : nullptr;
  }

 private:
  void copy(std::int64_t y, float* to) const {
    const std::int64_t pixels = line_pixels(p_);
    const float* const from = image_ + y * p_.width * p_.pixel_stride;
    for (std::int64_t first = 0; first < p_.channels; first += block, to += pixels * block) {
      const std::int64_t count = least(block, p_.channels - first);
      const std::int64_t begin = p_.pad_left > 0 ? least(p_.pad_left, pixels) : 0;
      for (std::int64_t x = 0; x < begin; ++x) clear(to + x * block);
      const std::int64_t inside = least(pixels, p_.width + p_.pad_left);
      for (std::int64_t x = begin; x < inside; ++x) {
        const float* const pixel = from + (x - p_.pad_left) * p_.pixel_stride + first;
        float* const copied = to + x * block;
        for_each_vector(0, count, [=](auto at) HWY_ATTR { at.store(at.load(pixel), copied); });
      }
      for (std::int64_t x = inside > begin ? inside : begin; x < pixels; ++x) clear(to + x * block);
    }
  }

  static void clear(float* pixel) {
    for_each_vector(0, block, [=](auto at) HWY_ATTR { at.store(all(0), pixel); });
  }

  const Patches& p_;
  std::int64_t span_, floats_;
  float *zeros_, *memory_;
  const float* image_ = nullptr;
  std::int64_t held_[most_direct_lines];
};

// ---- Tiles

struct Tile {
  const float* taps[most_direct_taps];  ///< of the output line's pixel 0, block 0
  std::int64_t tap_count, channels, block_stride;
  const float* next;  ///< the line of the image that will be copied next; null: none, or known
  std::int64_t next_stride;  ///< floats between its pixels
};

/// Where a tile's outputs go, and what happens to them on the way.
struct Target {
  float* to;            ///< of the tile's first pixel and channel
  std::int64_t stride;  ///< from one pixel to the next
  const float* bias;    ///< of the first channel, or null
  Activation activation;
};

/// Outputs from pixel `x` of the line on: `vectors` of each of `pixels`.
template <int pixels, int vectors, int stride>
void direct_tile(const Tile& tile, std::int64_t x, const float* HWY_RESTRICT weights,
                 const Target& target) {
  const Floats d;
  F sums[pixels][vectors];
#pragma GCC unroll 32
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      sums[p][v] = target.bias ? hn::LoadU(d, target.bias + v * vector_lanes) : hn::Zero(d);
    }
  }
  std::int64_t from = x * stride * block;
  for (std::int64_t first = 0; first < tile.channels; first += block, from += tile.block_stride) {
    const std::int64_t count = least(block, tile.channels - first);
    if (tile.next) {
#pragma GCC unroll 32
      for (int p = 0; p < pixels; ++p) {
        hwy::Prefetch(tile.next + (x + p) * stride * tile.next_stride + first);
      }
    }
    for (std::int64_t tap = 0; tap < tile.tap_count; ++tap) {
      const float* HWY_RESTRICT a = tile.taps[tap] + from;
      for (std::int64_t c = 0; c < count; ++c, ++a, weights += tile_columns) {
        F w[vectors];
#pragma GCC unroll 32
        for (int v = 0; v < vectors; ++v) w[v] = hn::LoadU(d, weights + v * vector_lanes);
#pragma GCC unroll 32
        for (int p = 0; p < pixels; ++p) {
          const F value = hn::Set(d, a[p * stride * block]);
#pragma GCC unroll 32
          for (int v = 0; v < vectors; ++v) sums[p][v] = hn::MulAdd(value, w[v], sums[p][v]);
        }
      }
    }
  }
#pragma GCC unroll 32
  for (int p = 0; p < pixels; ++p) {
#pragma GCC unroll 32
    for (int v = 0; v < vectors; ++v) {
      hn::StoreU(activated(sums[p][v], target.activation), d,
                 target.to + p * target.stride + v * vector_lanes);
    }
  }
}

using TileForm = void (*)(const Tile&, std::int64_t, const float*, const Target&);

/// A tile of one vector has registers for more pixels.
constexpr std::int64_t narrow_pixels = tile_rows * 3 / 2 / 2 * 2;

template <int vectors, int stride, std::size_t... pairs>
HWY_INLINE TileForm of_pixel_pairs(std::int64_t pixel_pairs, std::index_sequence<pairs...>) {
  static constexpr TileForm forms[] = {
      direct_tile<static_cast<int>(2 * pairs + 2), vectors, stride>...};
  return forms[pixel_pairs - 1];
}

TileForm tile_form(std::int64_t pixels, bool narrow, std::int64_t stride) {
  const std::int64_t half = divided(pixels, 2);
  if (narrow) {
    const std::make_index_sequence<narrow_pixels / 2> pairs;
    return stride == 1 ? of_pixel_pairs<1, 1>(half, pairs) : of_pixel_pairs<1, 2>(half, pairs);
  }
  const std::make_index_sequence<tile_rows / 2> pairs;
  return stride == 1 ? of_pixel_pairs<2, 1>(half, pairs) : of_pixel_pairs<2, 2>(half, pairs);
}

/// A tile that hangs over the line's last pixel or channel, from where it was computed.
void put_part(const float* tile, std::int64_t pixels, std::int64_t columns, const Target& target) {
  for (std::int64_t p = 0; p < pixels; ++p, tile += tile_columns) {
    float* const to = target.to + p * target.stride;
    for_each_vector(0, columns, [&](auto at) HWY_ATTR {
      F v = at.load(tile);
      if (target.bias) v = hn::Add(v, at.load(target.bias));
      at.store(activated(v, target.activation), to);
    });
  }
}

/// Outputs of one line, the panel of channels from `column` on.
void convolve_panel(const Product& part, const Tile& tile, std::int64_t column,
                    const float* weights, float* line) {
  const Patches& p = *part.patches;
  const std::int64_t columns = least(tile_columns, part.n - column);
  const bool narrow = columns <= vector_lanes;
  const bool whole = columns == (narrow ? vector_lanes : tile_columns);
  const std::int64_t tiles = divided(p.output_width, narrow ? narrow_pixels : tile_rows);
  const std::int64_t pairs = divided(p.output_width, 2);
  HWY_ALIGN float computed[narrow_pixels * tile_columns];
  for (std::int64_t i = 0; i < tiles; ++i) {
    const std::int64_t begin = pairs * i / tiles * 2, even_end = pairs * (i + 1) / tiles * 2;
    const std::int64_t end = least(p.output_width, even_end);
    const TileForm form = tile_form(even_end - begin, narrow, p.stride_x);
    const Target target{line + begin * part.c.stride + column, part.c.stride,
                        part.bias ? part.bias + column : nullptr, part.activation};
    if (whole && end == even_end) {
      form(tile, begin, weights, target);
    } else {
      form(tile, begin, weights, {computed, tile_columns, nullptr, Activation::none});
      put_part(computed, end - begin, columns, target);
    }
  }
}

void convolve_line(const Product& part, Lines& lines, std::int64_t image, std::int64_t y,
                   const float* packed) {
  const Patches& p = *part.patches;
  Tile tile;
  tile.channels = p.channels;
  tile.block_stride = line_pixels(p) * block;
  tile.tap_count = p.kernel_height * p.kernel_width;
  for (std::int64_t ky = 0; ky < p.kernel_height; ++ky) {
    const float* const line = lines.line(y * p.stride_y - p.pad_top + ky * p.dilation_y);
    for (std::int64_t kx = 0; kx < p.kernel_width; ++kx) {
      tile.taps[ky * p.kernel_width + kx] = line + kx * p.dilation_x * block;
    }
  }
  tile.next = lines.after(y * p.stride_y - p.pad_top + (p.kernel_height - 1) * p.dilation_y);
  tile.next_stride = p.pixel_stride;
  const gemm::Rows& c = part.c;
  const bool plain = c.width == 0;
  const std::int64_t line_stride = plain ? p.output_width * c.stride : c.line_stride;
  const std::int64_t image_stride = plain ? p.output_height * line_stride : c.image_stride;
  float* const to = c.data + image * image_stride + y * line_stride;
  for (std::int64_t column = 0; column < part.n; column += tile_columns) {
    convolve_panel(part, tile, column, packed + column * part.k, to);
    tile.next = nullptr;
  }
}

std::int64_t images_of(const Product& part) {
  return part.m / (part.patches->output_height * part.patches->output_width);
}

/// Pieces of an image's lines that are shared out: at least four for each member, or all lines.
std::int64_t pieces_of(DirectParts parts, unsigned members) {
  return least(parts[0].patches->output_height, divided(4 * members, images_of(parts[0])));
}

void convolve_simd(const CpuTask& task, DirectParts parts, const DirectTensors& tensors,
                   float* workspace) {
  const std::int64_t pieces = pieces_of(parts, task.members), images = images_of(parts[0]);
  const auto count = static_cast<std::int64_t>(parts.size());
  const std::int64_t chunks = images * pieces * count;
  for (std::int64_t i = task.next_chunk(chunks); i >= 0; i = task.next_chunk(chunks)) {
    const float* weights = tensors.packed;
    for (std::int64_t j = 0; j < i % count; ++j) weights += packed_floats_simd(parts[j]);
    Product part = placed(parts[i % count], tensors.images, nullptr, tensors.outputs);
    part.bias = tensors.bias;
    const std::int64_t piece = i / count % pieces, image = i / count / pieces;
    const std::int64_t height = part.patches->output_height;
    Lines lines(*part.patches, workspace);
    lines.begin(image);
    for (std::int64_t y = height * piece / pieces; y < height * (piece + 1) / pieces; ++y) {
      convolve_line(part, lines, image, y, weights);
    }
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(packed_floats_simd);
HWY_EXPORT(pack_simd);
HWY_EXPORT(convolve_simd);

const char* direct_obstacle(DirectParts parts) {
  for (const gemm::Product& part : parts) {
    const gemm::Patches& p = *part.patches;
    if (part.batch > 1) return "channels in groups. Use simd.";
    if (p.kernel_height * p.kernel_width > most_direct_taps) return "more than 64 taps. Use simd.";
    if ((p.kernel_height - 1) * p.dilation_y + 1 > most_direct_lines) {
      return "taps over more than 32 lines. Use simd.";
    }
    if (p.stride_x > 2) return "a stride above 2. Use simd.";
  }
  return "";
}

std::int64_t packed_direct_floats(DirectParts parts) {
  std::int64_t floats = 0;
  for (const gemm::Product& part : parts) {
    floats += HWY_DYNAMIC_DISPATCH(packed_floats_simd)(part);
  }
  return floats;
}

void pack_direct(const CpuTask& task, DirectParts parts, const float* weights, float* packed) {
  HWY_DYNAMIC_DISPATCH(pack_simd)(task, parts, weights, packed);
}

std::size_t direct_bytes(DirectParts parts) {
  std::int64_t most = 0;
  for (const gemm::Product& part : parts) {
    const gemm::Patches& p = *part.patches;
    const std::int64_t lines = p.kernel_height > 0 ? (p.kernel_height - 1) * p.dilation_y + 1 : 1;
    const std::int64_t pixels = p.output_width * p.stride_x + p.kernel_width * p.dilation_x + 1;
    most = std::max(most, (lines + 1) * ((p.channels + 15) / 16 * 16) * pixels);
  }
  return static_cast<std::size_t>(most) * sizeof(float);
}

void convolve_direct(const CpuTask& task, DirectParts parts, const DirectTensors& tensors,
                     std::byte* workspace) {
  auto* const mine = reinterpret_cast<float*>(workspace + task.member * direct_bytes(parts));
  HWY_DYNAMIC_DISPATCH(convolve_simd)(task, parts, tensors, mine);
}

}  // namespace motley::workloads
#endif
