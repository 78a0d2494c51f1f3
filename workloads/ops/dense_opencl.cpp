// A dense layer on OpenCL devices: a matrix product in panels, bias and activation on the way out.
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"

namespace motley::workloads {
namespace {

Lowered lower(const Call& call, Processor&, const schema::Parameters& tuning) {
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

const ImplementationRegistration registration("dense", [] {
  Implementation one;
  one.name = "opencl/packed";
  one.summary = "Operands packed into panels, tiles of vectors in registers";
  one.unsupported = [](const Call& call, Processor&) { return needs_plain_f32(call, {}); };
  one.tunings = [](const Call& call, Processor& processor, Tier tier) {
    return panel_tunings(call.inputs[0].shape[0], call.inputs[1].shape[1], processor, tier);
  };
  one.lower = lower;
  return one;
});

}  // namespace
}  // namespace motley::workloads
