// The matrix product on a CPU: packed tiles in vectors, shared out among the team.
#include "workloads/gemm/gemm.hpp"
#include "workloads/ops/matmul.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

gemm::Product product_of(const MatmulSizes& s, const float* a, const float* b, float* c) {
  gemm::Product product;
  product.m = s.m;
  product.n = s.n;
  product.k = s.k;
  product.a = {a, s.transpose_a ? s.m : s.k, s.transpose_a};
  product.b.matrix = {b, s.transpose_b ? s.k : s.n, s.transpose_b};
  product.c = {c, s.n};
  product.batch = s.batch;
  product.a_batch_stride = s.m * s.k;
  product.b_batch_stride = s.k * s.n;
  product.c_batch_stride = s.m * s.n;
  return product;
}

Launch packing(const MatmulSizes& s) {
  Launch launch;
  launch.kernel.name = "matmul_pack";
  launch.kernel.cpu = [s](const CpuTask& task) {
    gemm::pack_b(task, product_of(s, nullptr, task.buffer<const float>(0), nullptr),
                 task.buffer<float>(1));
  };
  launch.operands = {Input{1}, Kept{0}};
  launch.once = true;
  return launch;
}

Lowered lower(const Call& call, Processor& processor, const schema::Parameters&) {
  const MatmulSizes s = matmul_sizes(call);
  const gemm::Product sizes = product_of(s, nullptr, nullptr, nullptr);
  const bool packed = call.is_constant(1) && gemm::gains_by_packed_b(sizes);
  Lowered lowered;
  lowered.workspaces = {gemm::workspace_bytes(processor.members())};
  if (packed) {
    lowered.kept = {std::size_t(s.batch) * gemm::packed_b_bytes(s.k, s.n)};
    lowered.launches.push_back(packing(s));
  }
  Launch launch;
  launch.kernel.name = "matmul";
  launch.kernel.cpu = [s, packed](const CpuTask& task) {
    gemm::Product product = product_of(s, task.buffer<const float>(0), task.buffer<const float>(1),
                                       task.buffer<float>(2));
    if (packed) product.packed_b = task.buffer<const float>(4);
    gemm::multiply(task, product, task.buffer<float>(3));
  };
  launch.kernel.cpu_members = gemm::members_worth_using(sizes, processor.members());
  launch.operands = {Input{0}, Input{1}, Output{0}, Workspace{0}};
  if (packed) launch.operands.push_back(Kept{0});
  lowered.launches.push_back(std::move(launch));
  return lowered;
}

const ImplementationRegistration registration("matmul", [] {
  Implementation simd;
  simd.name = "simd";
  simd.summary = "Packed tiles in vectors, shared out among the team";
  simd.unsupported = [](const Call& call, Processor&) { return needs_plain_f32(call, {}); };
  simd.lower = lower;
  return simd;
});

}  // namespace
}  // namespace motley::workloads
