// Convolution with 3x3 weights by fewer multiplications than its definition (Winograd). Outputs are
// computed in tiles of 2x2 or 4x4: a tile of 4x4 or 6x6 inputs is transformed, each of its 16 or 36
// places is a matrix product over channels, and sums are transformed back. The gradient by the
// images is such a convolution too, of dy with the weights walked backwards.
// What it loses: the largest error was seen to grow by 1.5 with tiles of 2x2 and by 12 to 20 with
// 4x4 (2e-5 at worst over examples and layers of ResNet-18 and VGG-16), which the tolerance of a
// convolution (1e-4) still covers.
#pragma once

#include "workloads/ops/conv2d.hpp"

namespace motley::workloads::winograd {

/// From what is read (x, or dy) to what is written (y, or dx).
struct Layer {
  std::int64_t images, height, width, channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t pad_top, pad_left;  ///< negative: the first tile begins inside the image
  bool turned;  ///< weights [3, 3, out_channels, channels], walked backwards; else [3, 3, channels,
                ///< out_channels]
  std::int64_t tile;  ///< outputs along its edge: 2 or 4

  std::int64_t edge() const { return tile + 2; }
  std::int64_t products() const { return edge() * edge(); }
  std::int64_t tiles_down() const { return (out_height + tile - 1) / tile; }
  std::int64_t tiles_across() const { return (out_width + tile - 1) / tile; }
  std::int64_t tiles() const { return images * tiles_down() * tiles_across(); }
};

/// Forward, or backward_data.
Layer layer_of(const ConvolutionSizes& sizes, ConvolutionDirection direction, std::int64_t tile);
std::string unsupported(const Call& call, ConvolutionDirection direction);
/// With the flops of products and transforms; weights that are transformed once are not counted.
schema::Work executed_work(const Call& call, const Layer& layer, bool weights_once);

}  // namespace motley::workloads::winograd
