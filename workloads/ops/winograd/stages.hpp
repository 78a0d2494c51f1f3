// The stages of a Winograd convolution on a CPU, for any run of tiles: who computes which, and in
// what order, is the caller's choice.
#pragma once

#include "harness/processor.hpp"
#include "workloads/gemm/product.hpp"
#include "workloads/gemm/span.hpp"
#include "workloads/ops/winograd/winograd.hpp"

namespace motley::workloads::winograd {

/// Floats from one place to the next of a run of transformed tiles, which lies as
/// [place][tile][channel]. A little more than there are: 36 places at a power of two would share
/// few sets of a cache.
std::int64_t place_stride(std::int64_t tiles, std::int64_t channels);

/// This member's share of the weights; `packed` takes the places' matrices as gemm::pack_b does.
void transform_weights(const CpuTask& task, const Layer& layer, const float* weights,
                       float* packed);
/// Output channels of a panel of packed weights.
std::int64_t panel_columns();
/// One panel of them, of some channels: as gemm::pack_b leaves a matrix of that size.
void transform_panel(const Layer& layer, const float* weights, const Span& channels,
                     const Span& outputs, float* packed);
/// All channels of the tiles.
void transform_images(const Layer& layer, const Span& tiles, const float* images, float* to,
                      std::int64_t stride);
/// These channels of the tiles; there are no others in `sums`.
void transform_outputs(const Layer& layer, const Span& tiles, const Span& channels,
                       const float* sums, std::int64_t stride, const float* bias,
                       Activation activation, float* outputs);

}  // namespace motley::workloads::winograd
