// Matrix products and convolutions of 8-bit integers with 32-bit sums, scaled to f32: what their
// kinds and implementations share. A product is a convolution with one tap, its rows the pixels.
#pragma once

#include "harness/processor.hpp"
#include "workloads/ops/conv2d.hpp"

namespace motley::workloads::int8 {

/// The f32 convolution of the same sizes as a call of matmul_int8 or conv2d_int8. Throws Error on
/// what is impossible.
Call convolution_of(const Call& call);
ConvolutionSizes sizes_of(const Call& call);
/// Empty where all tensors are plain, and of the types that the kinds want.
std::string needs_plain(const Call& call);

/// Bytes of packed weights, and of one member's workspace.
std::size_t packed_bytes(const ConvolutionSizes& sizes);
std::size_t workspace_bytes(const ConvolutionSizes& sizes);
/// This member's share of packing.
void pack(const CpuTask& task, const ConvolutionSizes& sizes, const std::int8_t* weights,
          std::byte* packed);

struct Product {
  ConvolutionSizes sizes;
  const std::int8_t* images;
  const std::byte* packed;  ///< weights as pack() left them
  const float* scale;       ///< of each output channel
  float image_scale;
  float* outputs;
};
/// This member's part. All members must give the same product, and a launch computes only one.
void multiply(const CpuTask& task, const Product& product, std::byte* workspace);
unsigned members_worth_using(const ConvolutionSizes& sizes, unsigned members);

}  // namespace motley::workloads::int8
