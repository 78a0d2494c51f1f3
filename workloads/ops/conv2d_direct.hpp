// Convolution on a CPU without patches or transforms: lines of the image are copied once into
// blocks of channels, from which floats are broadcast to vectors of output channels. Where there
// are few channels, copying every pixel once for each tap that sees it costs as much as what is
// computed with it.
#pragma once

#include <span>

#include "harness/processor.hpp"
#include "workloads/gemm/convolution.hpp"

namespace motley::workloads {

/// Of one output: a tile holds so many addresses, a member so many lines.
constexpr std::int64_t most_direct_taps = 64, most_direct_lines = 32;

/// As gemm::forward() and gemm::backward_data() make them, of one group. They share their images;
/// what else they may be is up to direct_obstacle().
using DirectParts = std::span<const gemm::Product>;

/// Why it cannot be computed so; empty: it can.
const char* direct_obstacle(DirectParts parts);
/// Of the weights of all parts as pack_direct() leaves them.
std::int64_t packed_direct_floats(DirectParts parts);
/// This member's share of the packing.
void pack_direct(const CpuTask& task, DirectParts parts, const float* weights, float* packed);
struct DirectTensors {
  const float *images, *packed;
  const float* bias;  ///< or null
  float* outputs;
};

/// Of the lines that one member keeps.
std::size_t direct_bytes(DirectParts parts);
/// This member's share of all parts' outputs. Workspace: direct_bytes() for each member.
void convolve_direct(const CpuTask& task, DirectParts parts, const DirectTensors& tensors,
                     std::byte* workspace);

/// Of one member's sums: weights, output channels filled up to whole tiles, and a line of outputs.
std::size_t direct_sums_bytes(const gemm::Convolution& convolution);
/// This member's part of the gradient by the weights, left in its part of the workspace ...
void sum_direct(const CpuTask& task, const gemm::Convolution& convolution, const float* images,
                const float* output_gradient, std::byte* workspace);
/// ... and this member's share of the sum of all `members` parts.
void finish_direct(const CpuTask& task, const gemm::Convolution& convolution, unsigned members,
                   const std::byte* workspace, float* weight_gradient);

}  // namespace motley::workloads
