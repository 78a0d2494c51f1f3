// The second half of a convolution's gradient by its images where it is taken as products first
// (col2im), on a CPU.
#pragma once

#include "harness/processor.hpp"
#include "workloads/gemm/convolution.hpp"

namespace motley::workloads {

/// This member's share of the image rows: each pixel is the sum of its products, which lie as
/// [output pixel][tap][channel].
void gather_products(const CpuTask& task, const gemm::Convolution& convolution,
                     const float* products, float* image_gradient);

}  // namespace motley::workloads
