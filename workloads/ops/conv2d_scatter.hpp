// A convolution's gradient by its images on a CPU where windows overlap or hang over the image so
// much that a product for each pixel of the image would mostly multiply zeros: each pixel of dy
// adds to the rows of its window instead (col2im, without writing the products).
#pragma once

#include "harness/processor.hpp"
#include "workloads/gemm/convolution.hpp"

namespace motley::workloads {

/// Whether the form can compute it: one group, no dilation.
bool can_scatter(const gemm::Convolution& convolution);
/// Products that it computes, those with what fills up vectors included.
double scattered_products(const gemm::Convolution& convolution);

/// Of the weights as pack_scattered() leaves them: [kernel row][output channel][kernel pixel,
/// channel].
std::size_t packed_scattered_bytes(const gemm::Convolution& convolution);
/// This member's share of the packing.
void pack_scattered(const CpuTask& task, const gemm::Convolution& convolution, const float* weights,
                    float* packed);
/// Of the lines that one member adds to.
std::size_t scattered_bytes(const gemm::Convolution& convolution);
/// This member's share of the images' lines. Workspace: scattered_bytes() for each member.
void scatter(const CpuTask& task, const gemm::Convolution& convolution, const float* packed,
             const float* output_gradient, float* image_gradient, std::byte* workspace);

}  // namespace motley::workloads
