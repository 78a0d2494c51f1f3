// simd/direct: when is a convolution on a CPU computed without patches, and in which launches?
#include "workloads/ops/conv2d.hpp"
#include "workloads/ops/conv2d_direct.hpp"
#include "workloads/ops/conv2d_simd.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

using Parts = std::vector<gemm::Product>;

Parts parts_of(const gemm::Convolution& c, ConvolutionDirection direction) {
  if (direction == ConvolutionDirection::forward) return {gemm::forward(c)};
  return gemm::backward_data(c);
}

/// With many channels unfolded images cost little beside the product, and its blocks fit caches.
std::string unsupported(const Call& call, ConvolutionDirection direction) {
  const std::string reason = needs_plain_f32(call, {});
  if (!reason.empty()) return reason;
  const ConvolutionSizes s = convolution_sizes(call, direction);
  if (s.groups > 1) return "channels in groups. Use simd.";
  if (s.taps() * s.channels * s.out_channels > 1 << 18) {
    return "weights beyond the nearer caches. Use simd.";
  }
  if (direction == ConvolutionDirection::backward_weights) return "";
  return direct_obstacle(parts_of(described(s), direction));
}

Lowered lower_product(const Call& call, Processor& processor, ConvolutionDirection direction) {
  const ConvolutionSizes s = convolution_sizes(call, direction);
  Parts sizes = parts_of(described(s), direction);
  const bool forward = direction == ConvolutionDirection::forward;
  const bool constant = call.is_constant(1), bias = forward && call.inputs.size() == 3;
  if (forward) sizes.front().activation = activation_of(call);
  const std::size_t packed_bytes = std::size_t(packed_direct_floats(sizes)) * sizeof(float);
  const unsigned members = members_for(std::int64_t(s.macs() / 16)) == 1 ? 1 : processor.members();
  Lowered lowered;
  lowered.workspaces = {members * direct_bytes(sizes)};
  Operand packed = Kept{0};
  if (constant) {
    lowered.kept = {packed_bytes};
  } else {
    packed = Workspace{1};
    lowered.workspaces.push_back(packed_bytes);
  }
  Launch pack, convolve;
  pack.kernel.name = "conv2d_direct_pack";
  pack.kernel.cpu = [=](const CpuTask& task) {
    pack_direct(task, sizes, task.buffer<const float>(0), task.buffer<float>(1));
  };
  pack.kernel.cpu_members = members_for(s.taps() * s.channels * s.out_channels);
  pack.operands = {Input{1}, packed};
  pack.once = constant;
  convolve.kernel.name = "conv2d_direct";
  convolve.kernel.cpu = [=](const CpuTask& task) {
    convolve_direct(task, sizes,
                    {task.buffer<const float>(0), task.buffer<const float>(2),
                     bias ? task.buffer<const float>(4) : nullptr, task.buffer<float>(1)},
                    task.buffer<std::byte>(3));
  };
  convolve.kernel.cpu_members = members;
  convolve.operands = {Input{0}, Output{0}, packed, Workspace{0}};
  if (bias) convolve.operands.push_back(Input{2});
  lowered.launches = {pack, convolve};
  return lowered;
}

Lowered lower_weights(const Call& call, Processor& processor) {
  const ConvolutionSizes s = convolution_sizes(call, ConvolutionDirection::backward_weights);
  const gemm::Convolution c = described(s);
  const unsigned members = members_for(std::int64_t(s.macs() / 16)) == 1 ? 1 : processor.members();
  Launch sum, finish;
  sum.kernel.name = "conv2d_direct_backward_weights";
  sum.kernel.cpu = [c](const CpuTask& task) {
    sum_direct(task, c, task.buffer<const float>(0), task.buffer<const float>(1),
               task.buffer<std::byte>(2));
  };
  sum.kernel.cpu_members = members;
  sum.operands = {Input{0}, Input{1}, Workspace{0}};
  finish.kernel.name = "conv2d_direct_finish";
  finish.kernel.cpu = [c, members](const CpuTask& task) {
    finish_direct(task, c, members, task.buffer<const std::byte>(0), task.buffer<float>(1));
  };
  finish.kernel.cpu_members = members_for(s.taps() * s.channels * s.out_channels);
  finish.operands = {Workspace{0}, Output{0}};
  Lowered lowered;
  lowered.launches = {sum, finish};
  lowered.workspaces = {members * direct_sums_bytes(c)};
  return lowered;
}

ImplementationRegistration direct(ConvolutionDirection direction) {
  return {kind_of(direction), [direction] {
            Implementation one;
            one.name = "simd/direct";
            one.summary = "Pixels of a line times two vectors of channels in registers; no patches";
            one.guess = 1;
            one.unsupported = [direction](const Call& call, Processor&) {
              return unsupported(call, direction);
            };
            one.lower = [direction](const Call& call, Processor& processor,
                                    const schema::Parameters&) {
              return direction == ConvolutionDirection::backward_weights
                         ? lower_weights(call, processor)
                         : lower_product(call, processor, direction);
            };
            return one;
          }};
}

const ImplementationRegistration registrations[] = {direct(ConvolutionDirection::forward),
                                                    direct(ConvolutionDirection::backward_data),
                                                    direct(ConvolutionDirection::backward_weights)};

}  // namespace
}  // namespace motley::workloads
