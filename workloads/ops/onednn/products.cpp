// Matrix products and dense layers by oneDNN: what our implementations are compared with.
#include "workloads/ops/matmul.hpp"
#include "workloads/ops/onednn/onednn.hpp"

namespace motley::workloads {
namespace {

/// [batch][rows, columns], given as its transpose or not.
onednn::Tensor matrix(std::int64_t batch, std::int64_t rows, std::int64_t columns,
                      bool transposed) {
  onednn::Tensor tensor = row_major({batch, rows, columns});
  if (transposed) tensor.strides = {rows * columns, 1, rows};
  if (batch > 1) return tensor;
  tensor.sizes.erase(tensor.sizes.begin());
  tensor.strides.erase(tensor.strides.begin());
  return tensor;
}

Lowered lower_matmul(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const MatmulSizes s = matmul_sizes(call);
  onednn::Product product;
  product.a = matrix(s.batch, s.m, s.k, s.transpose_a);
  product.b = matrix(s.batch, s.k, s.n, s.transpose_b);
  product.c = matrix(s.batch, s.m, s.n, false);
  product.any_format = any_format(tuning);
  product.constant_b = call.is_constant(1);
  return lowered_to(onednn::prepare(processor, product), call, "onednn_matmul");
}

Lowered lower_dense(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  onednn::Product product;
  product.a = row_major(call.inputs[0].shape);
  product.b = row_major(call.inputs[1].shape);
  product.c = row_major(call.outputs[0].shape);
  if (call.inputs.size() == 3) product.bias = row_major({1, call.inputs[2].shape[0]});
  product.clip = clip_of(call);
  product.any_format = any_format(tuning);
  product.constant_b = call.is_constant(1);
  return lowered_to(onednn::prepare(processor, product), call, "onednn_dense");
}

Implementation lowering(decltype(Implementation::lower) lower) {
  Implementation one = onednn_implementation();
  one.lower = std::move(lower);
  return one;
}

const ImplementationRegistration matmul("matmul", [] { return lowering(lower_matmul); });
const ImplementationRegistration dense("dense", [] { return lowering(lower_dense); });

}  // namespace
}  // namespace motley::workloads
