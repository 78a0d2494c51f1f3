// A dense layer on a CPU: the matrix product with bias and activation on the way out.
#include "workloads/gemm/gemm.hpp"
#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/fused_activation.hpp"

namespace motley::workloads {
namespace {

gemm::Product sizes_of(const Call& call) {
  gemm::Product product;
  product.m = call.inputs[0].shape[0];
  product.k = call.inputs[1].shape[0];
  product.n = call.inputs[1].shape[1];
  product.a.stride = product.k;
  product.b.matrix.stride = product.c.stride = product.n;
  product.activation = activation_of(call);
  return product;
}

Launch packing_launch(const gemm::Product& sizes) {
  Launch launch;
  launch.kernel.name = "dense_pack_weights";
  launch.kernel.cpu = [sizes](const CpuTask& task) {
    gemm::Product product = sizes;
    product.b.matrix.data = task.buffer<const float>(0);
    gemm::pack_b(task, product, task.buffer<float>(1));
  };
  launch.operands = {Input{1}, Kept{0}};
  launch.once = true;
  return launch;
}

Lowered lower(const Call& call, Processor& processor, const schema::Parameters&) {
  const gemm::Product sizes = sizes_of(call);
  const bool bias = call.inputs.size() == 3,
             packed = call.is_constant(1) && gemm::gains_by_packed_b(sizes);
  Launch launch;
  launch.kernel.name = "dense";
  launch.kernel.cpu = [sizes, bias, packed](const CpuTask& task) {
    gemm::Product product = sizes;
    product.a.data = task.buffer<const float>(0);
    (packed ? product.packed_b : product.b.matrix.data) = task.buffer<const float>(1);
    product.c.data = task.buffer<float>(2);
    if (bias) product.bias = task.buffer<const float>(4);
    gemm::multiply(task, product, task.buffer<float>(3));
  };
  launch.kernel.cpu_members = gemm::members_worth_using(sizes, processor.members());
  launch.operands = {Input{0}, Input{1}, Output{0}, Workspace{0}};
  if (packed) launch.operands[1] = Kept{0};
  if (bias) launch.operands.push_back(Input{2});
  Lowered lowered;
  lowered.workspaces = {gemm::workspace_bytes(processor.members())};
  if (packed) {
    lowered.kept = {gemm::packed_b_bytes(sizes.k, sizes.n)};
    lowered.launches.push_back(packing_launch(sizes));
  }
  lowered.launches.push_back(std::move(launch));
  return lowered;
}

const ImplementationRegistration registration("dense", [] {
  Implementation one;
  one.name = "simd";
  one.summary = "Packed, cache-blocked matrix product; bias and activation on the way out";
  one.unsupported = [](const Call& call, Processor&) { return needs_plain_f32(call, {}); };
  one.lower = lower;
  return one;
});

}  // namespace
}  // namespace motley::workloads
