// The matrix product by CLBlast: what the ladder is compared with. On a PoCL it reaches a twentieth
// of a CPU's speed, and its first product there takes seconds to build.
#include "workloads/ops/matmul.hpp"

#include "devices/clblast/api.hpp"
#include "workloads/ops/elementwise.hpp"

namespace motley::workloads {
namespace {

Lowered lower(const Call& call, Processor&, const schema::Parameters&) {
  const MatmulSizes s = matmul_sizes(call);
  const clblast::Product product{std::size_t(s.batch), std::size_t(s.m), std::size_t(s.n),
                                 std::size_t(s.k),     s.transpose_a,    s.transpose_b};
  Launch launch;
  launch.kernel.name = "clblast_matmul";
  launch.kernel.opencl_call = [product](OpenclTask& task) { clblast::multiply(task, product); };
  launch.operands = {Input{0}, Input{1}, Output{0}};
  Lowered lowered;
  lowered.launches = {std::move(launch)};
  return lowered;
}

const ImplementationRegistration registration("matmul", [] {
  Implementation one;
  one.name = "opencl/clblast";
  one.summary = "CLBlast's SGEMM; what it launches and allocates is not counted";
  one.guess = 6;
  one.contends = [](const Processor& processor) { return processor.kind() != ProcessorKind::cpu; };
  one.unsupported = [](const Call& call, Processor& processor) {
    const std::string reason = needs_plain_f32(call, {});
    return reason.empty() ? clblast::unavailable(processor) : reason;
  };
  one.lower = lower;
  return one;
});

}  // namespace
}  // namespace motley::workloads
