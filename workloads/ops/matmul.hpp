// The sizes of a matrix product, for everybody who implements or needs one.
#pragma once

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// C[batch][m, n] = op(A)[batch][m, k] x op(B)[batch][k, n], all row-major.
struct MatmulSizes {
  std::int64_t batch = 1, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
};
/// Of a call of the kind matmul.
MatmulSizes matmul_sizes(const Call& call);

}  // namespace motley::workloads
