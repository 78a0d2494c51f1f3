// The sizes of a pooling window's walk over images, for everybody who implements one.
#pragma once

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// Between images x [batch, height, width, channels] and y [batch, out_height, out_width,
/// channels].
struct PoolingSizes {
  std::int64_t batch, height, width, channels, out_height, out_width;
  std::int64_t window, stride, pad_top, pad_left, pad_bottom, pad_right;
  bool count_pads;

  /// By how many elements the average at output (y, x) divides.
  std::int64_t divisor(std::int64_t y, std::int64_t x) const;
};

/// `backward`: inputs[0] is dy and output 0 is dx, else x and y.
PoolingSizes pooling_sizes(const Call& call, bool backward);

}  // namespace motley::workloads
