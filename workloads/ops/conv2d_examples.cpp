#include "workloads/ops/conv2d_examples.hpp"

namespace motley::workloads {
namespace {

struct Small {
  Shape x, weights;
  std::int64_t stride = 1, dilation = 1, groups = 1;
  std::int64_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  const char* activation = "none";
  bool bias = false;
};

const std::vector<Small>& all() {
  static const std::vector<Small> examples = {
      {{1, 1, 1, 1}, {1, 1, 1, 1}},
      {{2, 5, 6, 3}, {1, 1, 3, 5}, 1, 1, 1, 0, 0, 0, 0, "none", true},
      {{1, 7, 5, 17}, {1, 1, 17, 33}, 2},
      {{2, 6, 5, 4}, {3, 3, 4, 16}, 1, 1, 1, 1, 1, 1, 1, "relu", true},
      {{1, 9, 8, 5}, {3, 2, 5, 7}, 2, 1, 1, 0, 1, 1, 0},
      {{1, 8, 7, 3}, {3, 3, 3, 8}, 1, 2, 1, 2, 2, 2, 1},
      {{1, 10, 9, 2}, {2, 3, 2, 6}, 3, 2, 1, 1, 2, 0, 1},
      {{1, 4, 4, 2}, {5, 5, 2, 3}, 1, 1, 1, 2, 2, 2, 2},  // wider than the image
      {{1, 12, 12, 1}, {5, 5, 1, 20}},                    // the first layer of LeNet
      {{3, 28, 28, 1}, {5, 5, 1, 6}, 1, 1, 1, 2, 2, 2, 2, "relu", true},
      {{2, 9, 12, 2}, {3, 2, 2, 3}, 2, 1, 1, 1, 1, 1, 1, "none", true},
      {{1, 6, 6, 1}, {6, 6, 1, 2}},
      {{2, 8, 8, 2}, {3, 3, 2, 4}, 2},                       // nobody sees the last line and column
      {{2, 5, 5, 8}, {3, 3, 2, 12}, 1, 1, 4, 1, 1, 1, 1},    // four groups
      {{1, 6, 6, 6}, {3, 3, 1, 12}, 1, 1, 6, 1, 1, 1, 1},    // two filters for each channel
      {{2, 6, 7, 17}, {3, 3, 1, 17}, 1, 1, 17, 1, 1, 1, 1},  // depthwise
      {{2, 7, 6, 16}, {3, 3, 1, 16}, 2, 1, 16, 0, 0, 1, 1, "relu6", true},
      {{1, 9, 9, 5}, {3, 3, 1, 5}, 2, 2, 5, 2, 2, 1, 1},
      {{1, 8, 7, 40}, {5, 3, 1, 40}, 1, 1, 40, 2, 1, 2, 1, "relu", false},
      {{1, 3, 16, 8}, {1, 11, 1, 8}, 1, 1, 8, 0, 5, 0, 5},  // a band, as long as two digits
      {{2, 14, 14, 64}, {3, 3, 64, 24}, 1, 1, 1, 1, 1, 1, 1},
      {{1, 15, 13, 32}, {3, 3, 32, 48}, 2, 1, 1, 1, 1, 1, 1},
      {{3, 9, 11, 96}, {1, 1, 96, 24}, 1, 1, 1, 0, 0, 0, 0, "relu6", false},
      {{1, 40, 40, 3}, {7, 7, 3, 24}, 2, 1, 1, 3, 3, 3, 3},
      {{1, 7, 9, 1}, {3, 3, 1, 3}},  // 3x3: images that tiles do not divide
      {{1, 3, 3, 5}, {3, 3, 5, 1}},
      {{1, 4, 5, 3}, {3, 3, 3, 2}, 1, 1, 1, 3, 3, 3, 3},
      {{2, 9, 6, 19}, {3, 3, 19, 37}, 1, 1, 1, 2, 0, 1, 3, "relu6", true},
      {{1, 4, 3, 180}, {3, 3, 180, 176}, 1, 1, 1, 1, 1, 1, 1}};
  return examples;
}

Attributes attributes_of(const Small& small) {
  return {{"stride", small.stride},      {"dilation", small.dilation},
          {"groups", small.groups},      {"pad_top", small.pad_top},
          {"pad_left", small.pad_left},  {"pad_bottom", small.pad_bottom},
          {"pad_right", small.pad_right}};
}

std::int64_t out_extent(const Small& small, std::int64_t in, std::int64_t kernel,
                        std::int64_t pads) {
  return (in + pads - small.dilation * (kernel - 1) - 1) / small.stride + 1;
}

}  // namespace

std::vector<Example> convolution_examples(ConvolutionDirection direction) {
  std::vector<Example> examples;
  for (const Small& small : all()) {
    Attributes attributes = attributes_of(small);
    const Shape &x = small.x, &w = small.weights;
    const Shape y = {x[0], out_extent(small, x[1], w[0], small.pad_top + small.pad_bottom),
                     out_extent(small, x[2], w[1], small.pad_left + small.pad_right), w[3]};
    std::vector<TensorType> inputs;
    if (direction == ConvolutionDirection::forward) {
      attributes["activation"] = std::string(small.activation);
      inputs = {{x}, {w}};
      if (small.bias) inputs.push_back({{w[3]}});
    } else if (direction == ConvolutionDirection::backward_data) {
      attributes["height"] = x[1];
      attributes["width"] = x[2];
      inputs = {{y}, {w}};
    } else {
      attributes["kernel_height"] = w[0];
      attributes["kernel_width"] = w[1];
      inputs = {{x}, {y}};
    }
    examples.push_back({attributes, inputs});
  }
  return examples;
}

}  // namespace motley::workloads
