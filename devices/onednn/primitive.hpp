// A primitive of oneDNN with the reorders around it: all is made when it is prepared, so that a run
// only sets addresses and executes.
#pragma once

#include <vector>

#include "devices/onednn/api.hpp"
#include "devices/onednn/library.hpp"

namespace motley::onednn {

template <class T>
using Owned = std::unique_ptr<T, dnnl_status_t (*)(T*)>;
using Attributes = Owned<dnnl_primitive_attr>;
using Description = Owned<dnnl_primitive_desc>;
using Format = dnnl_memory_desc_t;

/// As the tensor lies; or `any`: what the primitive likes best.
Format format_of(const Tensor& tensor, bool any);
/// Of a primitive that is given its scratchpad and clips its result.
Attributes attributes_with(Clip clip);
/// `forward`: of gradients, the primitive whose gradient they are, else null.
Description description_of(const_dnnl_op_desc_t operation, const Attributes& attributes,
                           const_dnnl_primitive_desc_t forward);

/// A tensor as the caller has it, and which argument of the primitive it is.
struct Role {
  int argument;
  const Tensor* tensor;
  bool constant = false;
};

/// `roles`: the inputs in their order, then the output.
std::unique_ptr<Operation> prepared_operation(std::vector<int> cores,
                                              const Description& description,
                                              const std::vector<Role>& roles);

}  // namespace motley::onednn
