// Convolution on a CPU: a matrix product that reads its left matrix from the images (nothing is
// copied as a whole), or, where each channel stands alone, vectors over channels.
#include "workloads/ops/conv2d_simd.hpp"

#include "workloads/gemm/gemm.hpp"
#include "workloads/ops/conv2d_depthwise.hpp"
#include "workloads/ops/conv2d_few_channels.hpp"
#include "workloads/ops/conv2d_scatter.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {

gemm::Convolution described(const ConvolutionSizes& s) {
  gemm::Convolution c;
  c.images = s.batch;
  c.height = s.height;
  c.width = s.width;
  c.channels = s.channels;
  c.output_height = s.out_height;
  c.output_width = s.out_width;
  c.output_channels = s.out_channels;
  c.kernel_height = s.kernel_height;
  c.kernel_width = s.kernel_width;
  c.stride_y = c.stride_x = s.stride;
  c.dilation_y = c.dilation_x = s.dilation;
  c.pad_top = s.pad_top;
  c.pad_left = s.pad_left;
  c.groups = s.groups;
  return c;
}

namespace {

/// Operands 0 and 1 are inputs, 2 the result; what else there is follows.
Launch three_operands(const std::string& name, CpuForm form) {
  Launch launch;
  launch.kernel.name = name;
  launch.kernel.cpu = std::move(form);
  launch.operands = {Input{0}, Input{1}, Output{0}};
  return launch;
}

Depthwise depthwise_of(const gemm::Product& product, std::int64_t images) {
  Depthwise work;
  work.seen = *product.patches;
  work.images = images;
  work.channels = product.batch;
  work.first_tap = product.b.first;
  work.tap_stride = product.b.block_stride;
  work.line_stride = product.b.line_stride;
  work.to = product.c;
  return work;
}

Depthwise forward_depthwise(const gemm::Convolution& c) {
  Depthwise work = depthwise_of(gemm::forward(c), c.images);
  work.tap_stride = c.channels;
  work.line_stride = c.kernel_width * c.channels;
  work.to.line_stride = c.output_width * c.channels;
  work.to.image_stride = c.output_height * work.to.line_stride;
  return work;
}

Lowered lower_depthwise(const Call& call, const ConvolutionSizes& s) {
  const bool bias = call.inputs.size() == 3;
  Depthwise work = forward_depthwise(described(s));
  work.activation = activation_of(call);
  Launch launch = three_operands("conv2d_depthwise", [work, bias](const CpuTask& task) {
    depthwise(task, {&work, 1},
              {task.buffer<const float>(0), task.buffer<const float>(1),
               bias ? task.buffer<const float>(3) : nullptr, task.buffer<float>(2)});
  });
  if (bias) launch.operands.push_back(Input{2});
  launch.kernel.cpu_members = members_for(std::int64_t(s.macs()));
  return {{launch}, {}, {}, {}};
}

/// The launch of a product that `make` describes once addresses are known. Its workspace is number
/// `workspace`; behind the three operands may come a fifth.
Launch product_launch(const std::string& name, Processor& processor, std::size_t workspace,
                      std::function<gemm::Product(const CpuTask&)> make,
                      const gemm::Product& sizes) {
  Launch launch = three_operands(name, [make = std::move(make)](const CpuTask& task) {
    gemm::multiply(task, make(task), task.buffer<float>(3));
  });
  launch.operands.push_back(Workspace{workspace});
  launch.kernel.cpu_members = gemm::members_worth_using(sizes, processor.members());
  return launch;
}

std::function<gemm::Product(const CpuTask&)> placed_operands(const gemm::Product& sizes) {
  return [sizes](const CpuTask& task) {
    return placed(sizes, task.buffer<const float>(0), task.buffer<const float>(1),
                  task.buffer<float>(2));
  };
}

Launch packing_launch(const gemm::Product& sizes) {
  Launch launch = three_operands("conv2d_pack_weights", [sizes](const CpuTask& task) {
    gemm::pack_b(task, placed(sizes, nullptr, task.buffer<const float>(1), nullptr),
                 task.buffer<float>(2));
  });
  launch.operands[2] = Kept{0};
  launch.once = true;
  return launch;
}

Lowered lower_few_channels(const Call& call, const gemm::Convolution& c, double macs,
                           Processor& processor) {
  const bool bias = call.inputs.size() == 3;
  Launch launch = three_operands(
      "conv2d_few_channels", [c, bias, activation = activation_of(call)](const CpuTask& task) {
        convolve_few_channels(task, c, task.buffer<const float>(0), task.buffer<const float>(1),
                              bias ? task.buffer<const float>(4) : nullptr, activation,
                              task.buffer<float>(2), task.buffer<std::byte>(3));
      });
  launch.operands.push_back(Workspace{0});
  if (bias) launch.operands.push_back(Input{2});
  launch.kernel.cpu_members = members_for(std::int64_t(macs / 16));
  return {{launch}, {processor.members() * few_channels_bytes(c)}, {}, {}};
}

Lowered lower_forward(const Call& call, Processor& processor, const schema::Parameters&) {
  const ConvolutionSizes s = convolution_sizes(call, ConvolutionDirection::forward);
  if (s.depthwise()) return lower_depthwise(call, s);
  const gemm::Convolution c = described(s);
  if (has_few_channels(c)) return lower_few_channels(call, c, s.macs(), processor);
  gemm::Product sizes = gemm::forward(c);
  sizes.activation = activation_of(call);
  const bool bias = call.inputs.size() == 3, packed = call.is_constant(1);
  const auto make = [sizes, bias, packed](const CpuTask& task) {
    gemm::Product product = placed(sizes, task.buffer<const float>(0), task.buffer<const float>(1),
                                   task.buffer<float>(2));
    if (bias) product.bias = task.buffer<const float>(4);
    if (packed) product.packed_b = task.buffer<const float>(bias ? 5 : 4);
    return product;
  };
  Lowered lowered;
  lowered.workspaces = {gemm::workspace_bytes(processor.members())};
  if (packed) {
    lowered.kept = {std::size_t(s.groups) * gemm::packed_b_bytes(sizes.k, sizes.n)};
    lowered.launches.push_back(packing_launch(sizes));
  }
  lowered.launches.push_back(product_launch("conv2d", processor, 0, make, sizes));
  if (bias) lowered.launches.back().operands.push_back(Input{2});
  if (packed) lowered.launches.back().operands.push_back(Kept{0});
  return lowered;
}

Lowered lower_depthwise_data(const ConvolutionSizes& s) {
  std::vector<Depthwise> parts;
  for (const gemm::Product& product : gemm::backward_data(described(s))) {
    parts.push_back(depthwise_of(product, s.batch));
  }
  Launch launch = three_operands("conv2d_depthwise_backward_data", [parts](const CpuTask& task) {
    depthwise(
        task, parts,
        {task.buffer<const float>(0), task.buffer<const float>(1), nullptr, task.buffer<float>(2)});
  });
  launch.kernel.cpu_members = members_for(std::int64_t(s.macs()));
  return {{launch}, {}, {}, {}};
}

/// Whether windows that overlap would waste less in a product for each window than those that hang
/// over the image, or few channels for a tile's columns, in one for each pixel.
bool scatters(const gemm::Convolution& c, const std::vector<gemm::Product>& parts) {
  constexpr std::int64_t columns = 32;  // of the engine's widest tile
  double executed = 0;
  for (const gemm::Product& part : parts) {
    executed += double(part.m) * double(part.k) * double(divide_up(part.n, columns) * columns);
  }
  return can_scatter(c) && c.kernel_height * c.kernel_width > 1 && executed > scattered_products(c);
}

Lowered lower_scattered_data(const gemm::Convolution& c, double macs, Processor& processor) {
  Launch pack, add;
  pack.kernel.name = "conv2d_pack_scattered";
  pack.kernel.cpu = [c](const CpuTask& task) {
    pack_scattered(task, c, task.buffer<const float>(0), task.buffer<float>(1));
  };
  pack.kernel.cpu_members = members_for(std::int64_t(packed_scattered_bytes(c) / sizeof(float)));
  pack.operands = {Input{1}, Workspace{0}};
  add.kernel.name = "conv2d_scatter";
  add.kernel.cpu = [c](const CpuTask& task) {
    scatter(task, c, task.buffer<const float>(0), task.buffer<const float>(1),
            task.buffer<float>(2), task.buffer<std::byte>(3));
  };
  add.kernel.cpu_members = members_for(std::int64_t(macs / 16));
  add.operands = {Workspace{0}, Input{0}, Output{0}, Workspace{1}};
  return {
      {pack, add}, {packed_scattered_bytes(c), processor.members() * scattered_bytes(c)}, {}, {}};
}

Lowered lower_backward_data(const Call& call, Processor& processor, const schema::Parameters&) {
  const ConvolutionSizes s = convolution_sizes(call, ConvolutionDirection::backward_data);
  if (s.depthwise()) return lower_depthwise_data(s);
  const gemm::Convolution c = described(s);
  const std::vector<gemm::Product> parts = gemm::backward_data(c);
  if (scatters(c, parts)) return lower_scattered_data(c, s.macs(), processor);
  Lowered lowered;
  lowered.workspaces = {gemm::workspace_bytes(processor.members())};
  for (const gemm::Product& part : parts) {
    lowered.launches.push_back(
        product_launch("conv2d_backward_data", processor, 0, placed_operands(part), part));
  }
  return lowered;
}

Lowered lower_depthwise_weights(const ConvolutionSizes& s, Processor& processor) {
  const unsigned members = members_for(std::int64_t(s.macs())) == 1 ? 1 : processor.members();
  const std::int64_t floats = s.taps() * s.channels;
  Lowered lowered;
  lowered.workspaces = {members * std::size_t(floats) * sizeof(float)};
  lowered.launches.push_back(
      three_operands("conv2d_depthwise_backward_weights",
                     [work = forward_depthwise(described(s))](const CpuTask& task) {
                       depthwise_weights(task, work, task.buffer<const float>(0),
                                         task.buffer<const float>(1), task.buffer<float>(2));
                     }));
  lowered.launches.back().operands[2] = Workspace{0};
  lowered.launches.back().kernel.cpu_members = members;
  Reduction(lowered, processor, {}).sum_rows(Workspace{0}, Output{0}, members, floats);
  return lowered;
}

Lowered lower_few_channels_weights(const gemm::Convolution& c, double macs, Processor& processor) {
  const unsigned members = members_for(std::int64_t(macs / 16)) == 1 ? 1 : processor.members();
  Launch sum = three_operands("conv2d_few_channels_backward_weights", [c](const CpuTask& task) {
    sum_few_channels(task, c, task.buffer<const float>(0), task.buffer<const float>(1),
                     task.buffer<std::byte>(2));
  });
  sum.operands[2] = Workspace{0};
  sum.kernel.cpu_members = members;
  Launch finish;
  finish.kernel.name = "conv2d_few_channels_finish";
  finish.kernel.cpu = [c, members](const CpuTask& task) {
    finish_few_channels(c, members, task.buffer<const std::byte>(0), task.buffer<float>(1));
  };
  finish.kernel.cpu_members = 1;
  finish.operands = {Workspace{0}, Output{0}};
  return {{sum, finish}, {members * few_channels_bytes(c)}, {}, {}};
}

Lowered lower_backward_weights(const Call& call, Processor& processor, const schema::Parameters&) {
  const ConvolutionSizes s = convolution_sizes(call, ConvolutionDirection::backward_weights);
  if (s.depthwise()) return lower_depthwise_weights(s, processor);
  const gemm::Convolution c = described(s);
  if (has_few_channels(c)) return lower_few_channels_weights(c, s.macs(), processor);
  const gemm::Product sizes = gemm::backward_weights(c);
  Lowered lowered;
  lowered.workspaces = {gemm::workspace_bytes(processor.members())};
  lowered.launches.push_back(
      product_launch("conv2d_backward_weights", processor, 0, placed_operands(sizes), sizes));
  return lowered;
}

ImplementationRegistration simd(ConvolutionDirection direction,
                                Lowered (*lower)(const Call&, Processor&,
                                                 const schema::Parameters&)) {
  return {kind_of(direction), [lower] {
            Implementation one;
            one.name = "simd";
            one.summary = "Matrix product over patches of the image, or vectors over channels";
            one.unsupported = [](const Call& call, Processor&) {
              return needs_plain_f32(call, {});
            };
            one.lower = lower;
            return one;
          }};
}

const ImplementationRegistration registrations[] = {
    simd(ConvolutionDirection::forward, lower_forward),
    simd(ConvolutionDirection::backward_data, lower_backward_data),
    simd(ConvolutionDirection::backward_weights, lower_backward_weights)};

}  // namespace
}  // namespace motley::workloads
