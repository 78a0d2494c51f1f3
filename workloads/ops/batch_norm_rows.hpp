// Walks over normalised tensors on a CPU, once for each Highway target. So that few channels fill
// vectors too, several rows count as one wide row, and every table repeats its channels along it.
#pragma once

#include <cstdint>

#include "workloads/gemm/product.hpp"

namespace motley::workloads {

/// Elements [0, count) of whole wide rows, but that the last may be shorter.
struct WideRows {
  std::int64_t count, width;
  Activation activation = Activation::none;
  bool streamed = false;  ///< results leave the caches at once
};

/// sums[0][width] += x - shift, sums[1][width] += its square; `part` is space for as many floats.
void add_moments(const WideRows& rows, const float* x, const float* shift, float* part,
                 double* sums);
/// With d = dy before the activation: sums[0] += d, sums[1] += d (x - mean).
void add_gradient_sums(const WideRows& rows, const float* dy, const float* x, const float* y,
                       const float* mean, float* part, double* sums);
/// y = activation(scale (x - origin) + shift); `tables` holds scale, shift and origin, `width`
/// floats each. An origin near the mean costs no digits where all x of a channel are much alike.
void scale_rows(const WideRows& rows, const float* x, const float* tables, float* y);
/// dx = a d + b (x - mean) + c; `tables` holds mean, a, b and c, `width` floats each.
void gradient_rows(const WideRows& rows, const float* dy, const float* x, const float* y,
                   const float* tables, float* dx);

}  // namespace motley::workloads
