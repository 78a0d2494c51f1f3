// CLBlast as operators see it: a matrix product given to an OpenCL queue by somebody else's
// library. Its commands do not pass through our OpenCL table: they are not counted, nor are the
// buffers that it makes for operands of other sizes than its tiles'.
#pragma once

#include <string>

#include "harness/processor.hpp"

namespace motley::clblast {

/// Why it cannot compute on this processor; empty: it can.
std::string unavailable(Processor& processor);

/// c[batch][m, n] = op(a)[batch][m, k] x op(b)[batch][k, n], all row-major.
struct Product {
  std::size_t batch, m, n, k;
  bool transpose_a, transpose_b;
};

/// Gives the product of the task's memory 0 and 1 into 2 to its queue. The first call for a device
/// builds programs. Throws DeviceError.
void multiply(OpenclTask& task, const Product& product);

}  // namespace motley::clblast
