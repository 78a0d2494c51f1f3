#include "workloads/ops/winograd/winograd.hpp"

#include "workloads/ops/elementwise.hpp"

namespace motley::workloads::winograd {
namespace {

/// Flops of transforming one line, as transforms.hpp and winograd.cl do it.
struct LineFlops {
  double image, weights, output;
};
LineFlops line_flops(std::int64_t tile) {
  return tile == 2 ? LineFlops{4, 5, 4} : LineFlops{20, 12, 13};
}

}  // namespace

Layer layer_of(const ConvolutionSizes& s, ConvolutionDirection direction, std::int64_t tile) {
  if (direction == ConvolutionDirection::forward) {
    return {s.batch,        s.height,  s.width,    s.channels, s.out_height, s.out_width,
            s.out_channels, s.pad_top, s.pad_left, false,      tile};
  }
  return {s.batch,    s.out_height,  s.out_width,    s.out_channels, s.height, s.width,
          s.channels, 2 - s.pad_top, 2 - s.pad_left, true,           tile};
}

std::string unsupported(const Call& call, ConvolutionDirection direction) {
  const std::string reason = needs_plain_f32(call, {});
  if (!reason.empty()) return reason;
  const ConvolutionSizes s = convolution_sizes(call, direction);
  if (s.kernel_height != 3 || s.kernel_width != 3 || s.stride != 1 || s.dilation != 1 ||
      s.groups != 1) {
    return "only 3x3 weights without stride, dilation and groups are transformed. Use another "
           "implementation.";
  }
  return "";
}

schema::Work executed_work(const Call& call, const Layer& layer, bool weights_once) {
  const LineFlops line = line_flops(layer.tile);
  const auto edge = double(layer.edge()), tile = double(layer.tile), tiles = double(layer.tiles());
  const auto in = double(layer.channels), out = double(layer.out_channels);
  double flops = 2 * double(layer.products()) * tiles * in * out;
  flops += tiles * in * line.image * 2 * edge;
  flops += tiles * out * line.output * (edge + tile);
  if (!weights_once) flops += in * out * line.weights * (3 + edge);
  return streaming_work(call, flops);
}

}  // namespace motley::workloads::winograd
