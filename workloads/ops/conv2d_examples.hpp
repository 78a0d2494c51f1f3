// Small convolutions for tests: windows that hang over every border, strides that leave pixels
// unseen, channels below, at and above vector widths.
#pragma once

#include "workloads/ops/conv2d.hpp"

namespace motley::workloads {

std::vector<Example> convolution_examples(ConvolutionDirection direction);

}  // namespace motley::workloads
