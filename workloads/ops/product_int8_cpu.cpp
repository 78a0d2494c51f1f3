// Products of 8-bit integers on a CPU: weights are packed, once where they are constant, then
// multiplied.
#include "workloads/ops/product_int8.hpp"

namespace motley::workloads::int8 {
namespace {

Lowered lower(const Call& call, Processor& processor, const schema::Parameters&) {
  const ConvolutionSizes s = sizes_of(call);
  const bool constant = call.is_constant(1);
  const unsigned members = members_worth_using(s, processor.members());
  Lowered lowered;
  lowered.workspaces.emplace_back(members * workspace_bytes(s));
  auto& memory = constant ? lowered.kept : lowered.workspaces;
  memory.emplace_back(packed_bytes(s));
  const Operand packed = constant ? Operand(Kept{0}) : Operand(Workspace{1});

  Launch packing;
  packing.kernel.name = "pack_int8";
  packing.kernel.cpu_members = members;
  packing.kernel.cpu = [s](const CpuTask& task) {
    pack(task, s, task.buffer<const std::int8_t>(0), task.buffer<std::byte>(1));
  };
  packing.operands = {Input{1}, packed};
  packing.once = constant;
  lowered.launches.push_back(std::move(packing));

  Launch launch;
  launch.kernel.name = "multiply_int8";
  launch.kernel.cpu_members = members;
  launch.kernel.cpu = [s, scale = float(call.number("a_scale"))](const CpuTask& task) {
    multiply(task,
             {s, task.buffer<const std::int8_t>(0), task.buffer<const std::byte>(1),
              task.buffer<const float>(2), scale, task.buffer<float>(3)},
             task.buffer<std::byte>(4));
  };
  launch.operands = {Input{0}, packed, Input{2}, Output{0}, Workspace{0}};
  lowered.launches.push_back(std::move(launch));
  return lowered;
}

Implementation simd() {
  Implementation one;
  one.name = "simd";
  one.summary = "Packed tiles in vectors: dot products of bytes, or of pairs of 16-bit integers";
  one.unsupported = [](const Call& call, Processor&) { return needs_plain(call); };
  one.lower = lower;
  return one;
}

const ImplementationRegistration registrations[] = {{"matmul_int8", simd}, {"conv2d_int8", simd}};

}  // namespace
}  // namespace motley::workloads::int8
