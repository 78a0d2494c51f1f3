// A dense layer on OpenCL devices: a matrix product, bias and activation on the way out. Of few
// rows (one image, one token) weights are read once: packing them would cost more than the product.
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"
#include "workloads/ops/matmul/register_vector_opencl.hpp"

namespace motley::workloads {
namespace {

Lowered lower_packed(const Call& call, Processor&, const schema::Parameters& tuning) {
  PanelProduct product;
  product.batch = 1;
  product.m = call.inputs[0].shape[0];
  product.k = call.inputs[1].shape[0];
  product.n = call.inputs[1].shape[1];
  Lowered lowered;
  product.a = append_packing(lowered, {Input{0}, 1, product.m, product.k, true}, panel_rows(tuning),
                             tuning);
  product.b =
      append_packing(lowered, {Input{1}, 1, product.n, product.k, false, call.is_constant(1)},
                     panel_columns(tuning), tuning);
  product.c = Output{0};
  if (call.inputs.size() == 3) product.bias = Input{2};
  product.activation = activation_of(call);
  append_panel_product(lowered, product, tuning);
  return lowered;
}

MatmulSizes sizes_of(const Call& call) {
  MatmulSizes sizes;
  sizes.m = call.inputs[0].shape[0];
  sizes.k = call.inputs[1].shape[0];
  sizes.n = call.inputs[1].shape[1];
  return sizes;
}

Finish finish_of(const Call& call) {
  Finish finish;
  if (call.inputs.size() == 3) finish.bias = Input{2};
  finish.activation = activation_of(call);
  return finish;
}

const ImplementationRegistration packed("dense", [] {
  Implementation one =
      matmul_rung("opencl/packed", "Operands packed into panels, tiles of vectors in registers", 0);
  one.tunings = [](const Call& call, Processor& processor, Tier tier) {
    return panel_tunings(call.inputs[0].shape[0], call.inputs[1].shape[1], processor, tier);
  };
  one.lower = lower_packed;
  return one;
});

const ImplementationRegistration register_vector("dense", [] {
  Implementation one = matmul_rung("opencl/register_vector",
                                   "Tiles of vectors in registers, operands from memory", 1);
  one.tunings = [](const Call& call, Processor& processor, Tier tier) {
    return register_vector_tunings(call.inputs[0].shape[0], processor, tier);
  };
  one.lower = [](const Call& call, Processor&, const schema::Parameters& tuning) {
    return lower_register_vector(sizes_of(call), finish_of(call), tuning);
  };
  return one;
});

const ImplementationRegistration matrix_vector("dense", [] {
  return matrix_vector_rung(sizes_of, finish_of);
});

}  // namespace
}  // namespace motley::workloads
