// The sizes of a convolution, for everybody who implements one of its three directions.
#pragma once

#include <string>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// Between images x [batch, height, width, channels] and y [batch, out_height, out_width,
/// out_channels], with weights [kernel_height, kernel_width, in_group, out_channels].
struct ConvolutionSizes {
  std::int64_t batch, height, width, channels;
  std::int64_t out_height, out_width, out_channels;
  std::int64_t kernel_height, kernel_width;
  std::int64_t stride, dilation, groups, pad_top, pad_left;

  std::int64_t in_group() const { return channels / groups; }
  std::int64_t out_group() const { return out_channels / groups; }
  std::int64_t taps() const { return kernel_height * kernel_width; }
  std::int64_t in_pixels() const { return batch * height * width; }
  std::int64_t out_pixels() const { return batch * out_height * out_width; }
  double macs() const;
  bool depthwise() const { return groups == channels && groups == out_channels && groups > 1; }
  /// A matrix product of pixels as they lie.
  bool pointwise() const;
};

/// Which of the three: what a call's inputs and output 0 are.
enum class ConvolutionDirection {
  forward,          ///< x, weights, (bias) -> y
  backward_data,    ///< dy, weights -> dx
  backward_weights  ///< x, dy -> dweights
};
ConvolutionSizes convolution_sizes(const Call& call, ConvolutionDirection direction);
const std::string& kind_of(ConvolutionDirection direction);

}  // namespace motley::workloads
