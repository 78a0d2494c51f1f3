// What does each stage cost? Channels are the vectors' axis: a place of 16 channels is one vector,
// and a tile of them is transformed in registers and the L1 cache.
#include "workloads/gemm/gemm.hpp"
#include "workloads/gemm/sized_vectors.hpp"
#include "workloads/ops/winograd/stages.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/winograd/stages_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/packing.hpp"
#include "workloads/gemm/span.hpp"
#include "workloads/ops/winograd/transforms.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::winograd::HWY_NAMESPACE {
namespace {

using gemm::HWY_NAMESPACE::activated;
using gemm::HWY_NAMESPACE::tile_columns;
using gemm::HWY_NAMESPACE::vector_lanes;

/// Where the outputs of tile `index` begin.
struct Place {
  std::int64_t image, y, x;
  Place(const Layer& layer, std::int64_t index)
      : image(index / (layer.tiles_down() * layer.tiles_across())),
        y(index / layer.tiles_across() % layer.tiles_down() * layer.tile),
        x(index % layer.tiles_across() * layer.tile) {}
};

/// One tile; `rows` and `columns` of it lie inside the image.
template <int tile, bool inside>
void image_tile(const float* from, std::int64_t line, std::int64_t channels, Span rows,
                Span columns, float* to, std::int64_t stride) {
  constexpr int edge = tile + 2;
  for_each_vector(0, channels, [=](auto at) HWY_ATTR {
    transform_square<edge, edge>(
        [](const F* d, F* v) HWY_ATTR { Line<tile>::image(d, v); },
        [=](int y, int x) HWY_ATTR {
          if constexpr (!inside) {
            if (y < rows.begin || y >= rows.end || x < columns.begin || x >= columns.end) {
              return hn::Zero(Floats());
            }
          }
          return at.load(from + y * line + x * channels);
        },
        [=](int y, int x, F v) HWY_ATTR { at.store(v, to + (y * edge + x) * stride); });
  });
}

/// Of `edge` lines from `first` on, those inside of `extent`.
Span inside_of(std::int64_t first, std::int64_t edge, std::int64_t extent) {
  const std::int64_t begin = limited(-first, 0, edge);
  return {begin, limited(extent - first, begin, edge)};
}

template <int tile>
void images_of(const Layer& layer, const Span& tiles, const float* images, float* to,
               std::int64_t stride) {
  constexpr std::int64_t edge = tile + 2;
  const std::int64_t line = layer.width * layer.channels;
  for (std::int64_t t = tiles.begin; t < tiles.end; ++t, to += layer.channels) {
    const Place place(layer, t);
    const std::int64_t y = place.y - layer.pad_top, x = place.x - layer.pad_left;
    const Span rows = inside_of(y, edge, layer.height), columns = inside_of(x, edge, layer.width);
    const float* from = images + (place.image * layer.height + y) * line + x * layer.channels;
    const auto form = rows.size() == edge && columns.size() == edge ? image_tile<tile, true>
                                                                    : image_tile<tile, false>;
    form(from, line, layer.channels, rows, columns, to, stride);
  }
}

void images_simd(const Layer& layer, const Span& tiles, const float* images, float* to,
                 std::int64_t stride) {
  (layer.tile == 2 ? images_of<2> : images_of<4>)(layer, tiles, images, to, stride);
}

/// Of the tile's outputs, rows x columns exist; `pixel` floats from one to the next.
template <int tile>
void output_tile(const float* from, std::int64_t stride, std::int64_t channels, const float* bias,
                 Activation activation, Span rows, Span columns, float* to, std::int64_t line,
                 std::int64_t pixel) {
  constexpr int edge = tile + 2;
  for_each_vector(0, channels, [=](auto at) HWY_ATTR {
    const F added = bias ? at.load(bias) : all(0);
    transform_square<edge, tile>(
        [](const F* m, F* y) HWY_ATTR { Line<tile>::output(m, y); },
        [=](int y, int x) HWY_ATTR { return at.load(from + (y * edge + x) * stride); },
        [=](int y, int x, F v) HWY_ATTR {
          if (y >= rows.end || x >= columns.end) return;
          at.store(activated(hn::Add(v, added), activation), to + y * line + x * pixel);
        });
  });
}

template <int tile>
void outputs_of(const Layer& layer, const Span& tiles, const Span& channels, const float* sums,
                std::int64_t stride, const float* bias, Activation activation, float* outputs) {
  const std::int64_t line = layer.out_width * layer.out_channels;
  for (std::int64_t t = tiles.begin; t < tiles.end; ++t, sums += channels.size()) {
    const Place place(layer, t);
    float* const to = outputs + (place.image * layer.out_height + place.y) * line +
                      place.x * layer.out_channels + channels.begin;
    output_tile<tile>(sums, stride, channels.size(), bias ? bias + channels.begin : nullptr,
                      activation, {0, layer.out_height - place.y}, {0, layer.out_width - place.x},
                      to, line, layer.out_channels);
  }
}

void outputs_simd(const Layer& layer, const Span& tiles, const Span& channels, const float* sums,
                  std::int64_t stride, const float* bias, Activation activation, float* outputs) {
  (layer.tile == 2 ? outputs_of<2> : outputs_of<4>)(layer, tiles, channels, sums, stride, bias,
                                                    activation, outputs);
}

/// The nine taps of a vector of weights, `tap` floats from one to the next, which may be negative.
template <int tile, class At, class Store>
HWY_INLINE void transform_taps(At at, const float* from, std::int64_t tap, Store store) {
  transform_square<3, tile + 2>([](const F* g, F* u) HWY_ATTR { Line<tile>::weights(g, u); },
                                [=](int y, int x)
                                    HWY_ATTR { return at.load(from + (3 * y + x) * tap); },
                                [=](int y, int x, F u) HWY_ATTR { store(y * (tile + 2) + x, u); });
}

/// Rows `k` of a panel.
template <int tile>
void panel_of(const Layer& layer, const float* weights, Span k, Span outputs, float* to,
              std::int64_t stride) {
  const std::int64_t tap = layer.channels * layer.out_channels;
  for (std::int64_t c = k.begin; c < k.end; ++c, to += tile_columns) {
    const float* from = weights + c * layer.out_channels + outputs.begin;
    for_each_vector(0, outputs.size(), [=](auto at) HWY_ATTR {
      transform_taps<tile>(at, from, tap, [=](int place, F u) HWY_ATTR {
        hn::StoreU(u, Floats(), to + at.i + place * stride);
      });
    });
  }
}

/// The same, at most a vector of rows, of weights walked backwards, which lie output by output:
/// through a buffer that is turned over.
template <int tile>
void turned_panel_of(const Layer& layer, const float* weights, Span k, Span outputs, float* to,
                     std::int64_t stride) {
  constexpr int places = (tile + 2) * (tile + 2);
  constexpr std::int64_t floats = tile_columns * vector_lanes;
  HWY_ALIGN static thread_local float buffer[places * floats];  // 72 KiB: much for a stack
  const std::int64_t tap = layer.channels * layer.out_channels;
  for (std::int64_t o = outputs.begin; o < outputs.end; ++o) {
    const float* from = weights + 8 * tap + o * layer.channels + k.begin;
    float* const line = buffer + (o - outputs.begin) * vector_lanes;
    for_each_vector(0, k.size(), [=](auto at) HWY_ATTR {
      transform_taps<tile>(at, from, -tap, [=](int place, F u) HWY_ATTR {
        hn::StoreU(u, Floats(), line + place * floats);
      });
    });
  }
  for (std::int64_t place = 0; place < places; ++place) {
    gemm::HWY_NAMESPACE::pack_transposed_panel(buffer + place * floats, vector_lanes, k.size(),
                                               outputs.size(), to + place * stride);
  }
}

/// At most a vector of channels of one panel; `to` is their first row.
void piece_of_panel(const Layer& layer, const float* weights, Span k, Span outputs, float* to,
                    std::int64_t stride) {
  const auto turned = layer.tile == 2 ? turned_panel_of<2> : turned_panel_of<4>;
  const auto straight = layer.tile == 2 ? panel_of<2> : panel_of<4>;
  (layer.turned ? turned : straight)(layer, weights, k, outputs, to, stride);
}

void panel_simd(const Layer& layer, const float* weights, const Span& channels, const Span& outputs,
                float* to, std::int64_t stride) {
  for (std::int64_t c = channels.begin; c < channels.end; c += vector_lanes) {
    piece_of_panel(layer, weights, {c, least(channels.end, c + vector_lanes)},
                   {outputs.begin, outputs.end}, to + (c - channels.begin) * tile_columns, stride);
  }
}

void weights_simd(const CpuTask& task, const Layer& layer, const float* weights, float* packed,
                  std::int64_t stride) {
  const std::int64_t pieces = (layer.channels + vector_lanes - 1) / vector_lanes;
  const std::int64_t panels = (layer.out_channels + tile_columns - 1) / tile_columns;
  const auto [begin, end] = task.share(panels * pieces);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t output = i / pieces * tile_columns, channel = i % pieces * vector_lanes;
    piece_of_panel(layer, weights, {channel, least(layer.channels, channel + vector_lanes)},
                   {output, least(layer.out_channels, output + tile_columns)},
                   packed + output * layer.channels + channel * tile_columns, stride);
  }
}

std::int64_t columns_simd() {
  return tile_columns;
}

}  // namespace
}  // namespace motley::workloads::winograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads::winograd {

HWY_EXPORT(images_simd);
HWY_EXPORT(outputs_simd);
HWY_EXPORT(weights_simd);
HWY_EXPORT(panel_simd);
HWY_EXPORT(columns_simd);

namespace {

/// Floats from one place's packed matrix to the next.
std::int64_t packed_stride(std::int64_t channels, std::int64_t outputs) {
  return static_cast<std::int64_t>(gemm::packed_b_bytes(channels, outputs) / sizeof(float));
}

}  // namespace

std::int64_t place_stride(std::int64_t tiles, std::int64_t channels) {
  return (tiles * channels + 15) / 16 * 16 + 16;
}

void transform_weights(const CpuTask& task, const Layer& layer, const float* weights,
                       float* packed) {
  HWY_DYNAMIC_DISPATCH(weights_simd)
  (task, layer, weights, packed, packed_stride(layer.channels, layer.out_channels));
}

std::int64_t panel_columns() {
  return HWY_DYNAMIC_DISPATCH(columns_simd)();
}

void transform_panel(const Layer& layer, const float* weights, const Span& channels,
                     const Span& outputs, float* packed) {
  HWY_DYNAMIC_DISPATCH(panel_simd)
  (layer, weights, channels, outputs, packed, packed_stride(channels.size(), outputs.size()));
}

void transform_images(const Layer& layer, const Span& tiles, const float* images, float* to,
                      std::int64_t stride) {
  HWY_DYNAMIC_DISPATCH(images_simd)(layer, tiles, images, to, stride);
}

void transform_outputs(const Layer& layer, const Span& tiles, const Span& channels,
                       const float* sums, std::int64_t stride, const float* bias,
                       Activation activation, float* outputs) {
  HWY_DYNAMIC_DISPATCH(outputs_simd)
  (layer, tiles, channels, sums, stride, bias, activation, outputs);
}

}  // namespace motley::workloads::winograd
#endif
