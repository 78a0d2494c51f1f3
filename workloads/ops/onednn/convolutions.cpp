// Convolutions and their gradients by oneDNN: what our implementations are compared with.
#include "workloads/ops/conv2d.hpp"
#include "workloads/ops/onednn/onednn.hpp"

namespace motley::workloads {
namespace {

onednn::Tensor images(std::int64_t batch, std::int64_t height, std::int64_t width,
                      std::int64_t channels) {
  return {{batch, channels, height, width},
          {height * width * channels, 1, width * channels, channels}};
}

/// Ours are [kernel height, kernel width, in channels of a group, out channels of all groups].
onednn::Tensor weights_of(const ConvolutionSizes& s) {
  const std::int64_t out = s.out_channels, row = s.kernel_width * s.in_group() * out,
                     column = s.in_group() * out;
  onednn::Tensor weights{{s.out_group(), s.in_group(), s.kernel_height, s.kernel_width},
                         {1, out, row, column}};
  if (s.groups == 1) return weights;
  weights.sizes.insert(weights.sizes.begin(), s.groups);
  weights.strides.insert(weights.strides.begin(), s.out_group());
  return weights;
}

onednn::Convolution::Result result_of(ConvolutionDirection direction) {
  switch (direction) {
    case ConvolutionDirection::backward_data:
      return onednn::Convolution::Result::x;
    case ConvolutionDirection::backward_weights:
      return onednn::Convolution::Result::weights;
    default:
      return onednn::Convolution::Result::y;
  }
}

Lowered lower(ConvolutionDirection direction, const Call& call, Processor& processor,
              const schema::Parameters& tuning) {
  const ConvolutionSizes s = convolution_sizes(call, direction);
  onednn::Convolution c{result_of(direction),
                        images(s.batch, s.height, s.width, s.channels),
                        weights_of(s),
                        images(s.batch, s.out_height, s.out_width, s.out_channels),
                        s.stride,
                        s.dilation,
                        {s.pad_top, s.pad_left},
                        {call.integer("pad_bottom"), call.integer("pad_right")}};
  if (direction == ConvolutionDirection::forward) {
    if (call.inputs.size() == 3) c.bias = row_major({s.out_channels});
    c.clip = clip_of(call);
  }
  c.any_format = any_format(tuning);
  c.constant_weights = call.is_constant(1) && direction != ConvolutionDirection::backward_weights;
  return lowered_to(onednn::prepare(processor, c), call, "onednn_" + kind_of(direction));
}

ImplementationRegistration registration(ConvolutionDirection direction) {
  return {kind_of(direction), [direction] {
            Implementation one = onednn_implementation();
            one.lower = [direction](const Call& call, Processor& processor,
                                    const schema::Parameters& tuning) {
              return lower(direction, call, processor, tuning);
            };
            return one;
          }};
}

const ImplementationRegistration registrations[] = {
    registration(ConvolutionDirection::forward), registration(ConvolutionDirection::backward_data),
    registration(ConvolutionDirection::backward_weights)};

}  // namespace
}  // namespace motley::workloads
