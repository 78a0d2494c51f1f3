// The stages of a Winograd convolution on a CPU, for any run of tiles: who computes which, and in
// what order, is the caller's choice.
#pragma once

#include "harness/processor.hpp"
#include "workloads/gemm/product.hpp"
#include "workloads/ops/winograd/winograd.hpp"

namespace motley::workloads::winograd {

/// Tiles [begin, end), and where the transformed ones lie: place p of tile t at
/// data + p * place_stride + (t - begin) * channels of either side.
struct Tiles {
  std::int64_t begin, end;
  std::int64_t count() const { return end - begin; }
};
/// Floats from one place to the next. A little more than there are: 36 places at a power of two
/// would share few sets of a cache.
std::int64_t place_stride(std::int64_t tiles, std::int64_t channels);

/// This member's share of the weights; `packed` takes the places' matrices as gemm::pack_b does.
void transform_weights(const CpuTask& task, const Layer& layer, const float* weights,
                       float* packed);
void transform_images(const Layer& layer, const Tiles& tiles, const float* images, float* to,
                      std::int64_t stride);
void transform_outputs(const Layer& layer, const Tiles& tiles, const float* sums,
                       std::int64_t stride, const float* bias, Activation activation,
                       float* outputs);

}  // namespace motley::workloads::winograd
