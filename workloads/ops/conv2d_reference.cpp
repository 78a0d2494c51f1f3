#include "workloads/ops/conv2d_reference.hpp"

#include "workloads/ops/fused_activation.hpp"

namespace motley::workloads {
namespace {

/// Calls visit(pixel of x, pixel of y, tap) for all that meet.
template <class F>
void for_each_meeting(const ConvolutionSizes& s, F visit) {
  for (std::int64_t out = 0; out < s.out_pixels(); ++out) {
    const std::int64_t image = out / (s.out_height * s.out_width);
    const std::int64_t oy = out / s.out_width % s.out_height, ox = out % s.out_width;
    for (std::int64_t tap = 0; tap < s.taps(); ++tap) {
      const std::int64_t y = oy * s.stride - s.pad_top + tap / s.kernel_width * s.dilation;
      const std::int64_t x = ox * s.stride - s.pad_left + tap % s.kernel_width * s.dilation;
      if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
      visit((image * s.height + y) * s.width + x, out, tap);
    }
  }
}

/// How one tap joins one channel of x and the channels of its group in y; restrict-free pointers,
/// so that the three directions stay one loop.
template <class F>
void for_each_channel(const ConvolutionSizes& s, F visit) {
  for_each_meeting(s, [&](std::int64_t in, std::int64_t out, std::int64_t tap) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t first = c / s.in_group() * s.out_group();
      visit(std::size_t(in * s.channels + c), std::size_t(out * s.out_channels + first),
            std::size_t((tap * s.in_group() + c % s.in_group()) * s.out_channels + first));
    }
  });
}

void add_bias_and_activate(const Call& call, std::span<const Values> inputs, Values& y) {
  const Activation activation = activation_of(call);
  const std::size_t channels = std::size_t(call.outputs[0].shape[3]);
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (inputs.size() == 3) y[i] += inputs[2][i % channels];
    y[i] = activated(activation, y[i]);
  }
}

/// One sum for each row of the last axis: of its products with `weights`.
Values contracted(const Values& values, const Values& weights) {
  Values sums(values.size() / weights.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i / weights.size()] += values[i] * weights[i % weights.size()];
  }
  return sums;
}

Values projected_forward(const ConvolutionSizes& s, std::span<const Values> inputs,
                         const Values& weights) {
  Values kernel(std::size_t(s.taps() * s.channels));  // for each channel of x
  for (std::int64_t tap = 0; tap < s.taps(); ++tap) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t first = c / s.in_group() * s.out_group();
      const std::int64_t row = (tap * s.in_group() + c % s.in_group()) * s.out_channels;
      for (std::int64_t o = first; o < first + s.out_group(); ++o) {
        kernel[std::size_t(tap * s.channels + c)] +=
            inputs[1][std::size_t(row + o)] * weights[std::size_t(o)];
      }
    }
  }
  Values result(std::size_t(s.out_pixels()));
  double bias = 0;
  for (std::size_t o = 0; inputs.size() == 3 && o < weights.size(); ++o) {
    bias += inputs[2][o] * weights[o];
  }
  for (double& value : result) value = bias;
  for_each_meeting(s, [&](std::int64_t in, std::int64_t out, std::int64_t tap) {
    double sum = 0;
    for (std::int64_t c = 0; c < s.channels; ++c) {
      sum +=
          inputs[0][std::size_t(in * s.channels + c)] * kernel[std::size_t(tap * s.channels + c)];
    }
    result[std::size_t(out)] += sum;
  });
  return result;
}

Values projected_data(const ConvolutionSizes& s, std::span<const Values> inputs,
                      const Values& weights) {
  Values kernel(std::size_t(s.taps() * s.out_channels));
  for (std::int64_t tap = 0; tap < s.taps(); ++tap) {
    for (std::int64_t i = 0; i < s.in_group(); ++i) {
      for (std::int64_t o = 0; o < s.out_channels; ++o) {
        kernel[std::size_t(tap * s.out_channels + o)] +=
            inputs[1][std::size_t((tap * s.in_group() + i) * s.out_channels + o)] *
            weights[std::size_t(o / s.out_group() * s.in_group() + i)];
      }
    }
  }
  Values result(std::size_t(s.in_pixels()));
  for_each_meeting(s, [&](std::int64_t in, std::int64_t out, std::int64_t tap) {
    double sum = 0;
    for (std::int64_t o = 0; o < s.out_channels; ++o) {
      sum += inputs[0][std::size_t(out * s.out_channels + o)] *
             kernel[std::size_t(tap * s.out_channels + o)];
    }
    result[std::size_t(in)] += sum;
  });
  return result;
}

Values projected_weights(const ConvolutionSizes& s, std::span<const Values> inputs,
                         const Values& weights) {
  Values sums(std::size_t(s.out_pixels() * s.groups));  // of dy, by group
  for (std::size_t i = 0; i < inputs[1].size(); ++i) {
    const std::size_t o = i % weights.size();
    sums[i / std::size_t(s.out_group())] += inputs[1][i] * weights[o];
  }
  Values result(std::size_t(s.taps() * s.in_group()));
  for_each_meeting(s, [&](std::int64_t in, std::int64_t out, std::int64_t tap) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      result[std::size_t(tap * s.in_group() + c % s.in_group())] +=
          inputs[0][std::size_t(in * s.channels + c)] *
          sums[std::size_t(out * s.groups + c / s.in_group())];
    }
  });
  return result;
}

}  // namespace

void convolution_reference(const Call& call, ConvolutionDirection direction,
                           std::span<const Values> inputs, Values& result) {
  const ConvolutionSizes s = convolution_sizes(call, direction);
  const std::size_t columns = std::size_t(s.out_group());
  const Values &first = inputs[0], &second = inputs[1];
  for (double& value : result) value = 0;
  for_each_channel(s, [&](std::size_t x, std::size_t y, std::size_t w) {
    for (std::size_t o = 0; o < columns; ++o) {
      if (direction == ConvolutionDirection::forward) {
        result[y + o] += first[x] * second[w + o];
      } else if (direction == ConvolutionDirection::backward_data) {
        result[x] += first[y + o] * second[w + o];
      } else {
        result[w + o] += first[x] * second[y + o];
      }
    }
  });
  if (direction == ConvolutionDirection::forward) add_bias_and_activate(call, inputs, result);
}

Values convolution_projected(const Call& call, ConvolutionDirection direction,
                             std::span<const Values> inputs, const Values& weights) {
  const ConvolutionSizes s = convolution_sizes(call, direction);
  if (direction == ConvolutionDirection::backward_data) return projected_data(s, inputs, weights);
  if (direction == ConvolutionDirection::backward_weights) {
    return projected_weights(s, inputs, weights);
  }
  if (activation_of(call) == Activation::none) return projected_forward(s, inputs, weights);
  Values whole(std::size_t(call.outputs[0].elements()));
  convolution_reference(call, direction, inputs, whole);
  return contracted(whole, weights);
}

}  // namespace motley::workloads
