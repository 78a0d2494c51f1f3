// Windows over images on a CPU, once for each Highway target: vectors over channels.
#pragma once

#include "harness/processor.hpp"
#include "workloads/ops/pooling.hpp"

namespace motley::workloads {

void max_pool(const CpuTask& task, const PoolingSizes& sizes, const float* x, float* y);
void average_pool(const CpuTask& task, const PoolingSizes& sizes, const float* x, float* y);
void max_pool_backward(const CpuTask& task, const PoolingSizes& sizes, const float* dy,
                       const float* x, const float* y, float* dx);
void average_pool_backward(const CpuTask& task, const PoolingSizes& sizes, const float* dy,
                           float* dx);
/// Of images of `pixels`: y[image][channel].
void global_average_pool(const CpuTask& task, std::int64_t images, std::int64_t pixels,
                         std::int64_t channels, const float* x, float* y);
void global_average_pool_backward(const CpuTask& task, std::int64_t images, std::int64_t pixels,
                                  std::int64_t channels, const float* dy, float* dx);

}  // namespace motley::workloads
