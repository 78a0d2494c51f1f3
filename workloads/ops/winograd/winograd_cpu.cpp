// Winograd convolution on a CPU, in one of two orders. Blocked: a member takes a block of tiles
// through all stages, so that what is transformed stays in its L2 cache, but each block reads all
// weights. Staged: all members do one stage after the other, so that each weight is read once, but
// everything that is transformed goes through memory that they share.
#include <algorithm>
#include <atomic>

#include "workloads/gemm/gemm.hpp"
#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/winograd/stages.hpp"

namespace motley::workloads::winograd {
namespace {

/// Of one block's tiles: they share the L2 cache, of 1-2 MiB on cores with wide vectors, with
/// weights that pass.
constexpr double block_bytes = 768 << 10;

struct Blocks {
  std::int64_t count, tiles;
};

/// As many for each member, so that none waits.
Blocks blocks_of(const Layer& layer, unsigned members) {
  const double tile_bytes =
      double(layer.products()) * double(layer.channels + layer.out_channels) * sizeof(float);
  const std::int64_t most = std::max<std::int64_t>(8, std::int64_t(block_bytes / tile_bytes));
  const std::int64_t wanted = divide_up(divide_up(layer.tiles(), most), members) * members;
  const std::int64_t tiles = divide_up(layer.tiles(), wanted);
  return {divide_up(layer.tiles(), tiles), tiles};
}

std::size_t weight_bytes(const Layer& layer) {
  return std::size_t(layer.products()) * gemm::packed_b_bytes(layer.channels, layer.out_channels);
}

/// The places' products for `tiles` tiles.
gemm::Product product_of(const Layer& layer, std::int64_t tiles, const float* images,
                         const float* weights, float* sums) {
  gemm::Product product;
  product.m = tiles;
  product.n = layer.out_channels;
  product.k = layer.channels;
  product.a = {images, product.k, false};
  product.packed_b = weights;
  product.c = {sums, product.n};
  product.batch = layer.products();
  product.a_batch_stride = place_stride(tiles, product.k);
  product.c_batch_stride = place_stride(tiles, product.n);
  return product;
}

std::int64_t image_floats(const Layer& layer, std::int64_t tiles) {
  return layer.products() * place_stride(tiles, layer.channels);
}
std::int64_t sum_floats(const Layer& layer, std::int64_t tiles) {
  return layer.products() * place_stride(tiles, layer.out_channels);
}

/// What a call adds to a layer: where its operands are among the arguments of a launch.
struct Use {
  Layer layer;
  bool bias;
  Activation activation;
  unsigned members;
};

Launch launch_of(const std::string& name, const Use& use, CpuForm form,
                 std::vector<Operand> operands) {
  Launch launch;
  launch.kernel.name = name;
  launch.kernel.cpu = std::move(form);
  launch.kernel.cpu_members = use.members;
  launch.operands = std::move(operands);
  return launch;
}

void convolve_block(const Use& use, const Tiles& tiles, const float* images, const float* weights,
                    const float* bias, float* outputs, float* gemm_workspace, float* workspace) {
  const Layer& layer = use.layer;
  float* const sums = workspace + image_floats(layer, tiles.count());
  const gemm::Product product = product_of(layer, tiles.count(), workspace, weights, sums);
  transform_images(layer, tiles, images, workspace, product.a_batch_stride);
  std::atomic<std::int64_t> next{0};
  gemm::multiply(CpuTask(0, 1, {}, next), product, gemm_workspace);
  transform_outputs(layer, tiles, sums, product.c_batch_stride, bias, use.activation, outputs);
}

/// Operands: images, weights, outputs, two workspaces, and perhaps a bias.
CpuForm blocked_form(const Use& use, const Blocks& blocks, std::int64_t floats) {
  return [use, blocks, floats](const CpuTask& task) {
    const std::size_t gemm_floats = gemm::workspace_bytes(1) / sizeof(float);
    for (std::int64_t i = task.next_chunk(blocks.count); i >= 0;
         i = task.next_chunk(blocks.count)) {
      const Tiles tiles{i * blocks.tiles, std::min(use.layer.tiles(), (i + 1) * blocks.tiles)};
      convolve_block(use, tiles, task.buffer<const float>(0), task.buffer<const float>(1),
                     use.bias ? task.buffer<const float>(5) : nullptr, task.buffer<float>(2),
                     task.buffer<float>(3) + task.member * gemm_floats,
                     task.buffer<float>(4) + task.member * floats);
    }
  };
}

void append_blocked(Lowered& lowered, const Use& use, const Operand& weights) {
  const Blocks blocks = blocks_of(use.layer, use.members);
  const std::int64_t floats =
      image_floats(use.layer, blocks.tiles) + sum_floats(use.layer, blocks.tiles);
  const std::size_t first = lowered.workspaces.size();
  lowered.workspaces.emplace_back(gemm::workspace_bytes(use.members));
  lowered.workspaces.emplace_back(use.members * std::size_t(floats) * sizeof(float));
  Launch launch = launch_of("winograd_blocks", use, blocked_form(use, blocks, floats),
                            {Input{0}, weights, Output{0}, Workspace{first}, Workspace{first + 1}});
  if (use.bias) launch.operands.push_back(Input{2});
  lowered.launches.push_back(std::move(launch));
}

void append_staged(Lowered& lowered, const Use& use, const Operand& weights) {
  const Layer& layer = use.layer;
  const gemm::Product sizes = product_of(layer, layer.tiles(), nullptr, nullptr, nullptr);
  const std::size_t first = lowered.workspaces.size();
  lowered.workspaces.emplace_back(gemm::workspace_bytes(use.members));
  for (const std::int64_t floats :
       {image_floats(layer, layer.tiles()), sum_floats(layer, layer.tiles())}) {
    lowered.workspaces.emplace_back(std::size_t(floats) * sizeof(float));
  }
  const Workspace images{first + 1}, sums{first + 2};
  lowered.launches.push_back(
      launch_of("winograd_images", use,
                [layer, stride = sizes.a_batch_stride](const CpuTask& task) {
                  const auto [begin, end] = task.share(layer.tiles());
                  transform_images(layer, {begin, end}, task.buffer<const float>(0),
                                   task.buffer<float>(1) + begin * layer.channels, stride);
                },
                {Input{0}, images}));
  lowered.launches.push_back(
      launch_of("winograd_products", use,
                [layer](const CpuTask& task) {
                  gemm::multiply(task,
                                 product_of(layer, layer.tiles(), task.buffer<const float>(0),
                                            task.buffer<const float>(1), task.buffer<float>(2)),
                                 task.buffer<float>(3));
                },
                {images, weights, sums, Workspace{first}}));
  lowered.launches.push_back(
      launch_of("winograd_outputs", use,
                [use, stride = sizes.c_batch_stride](const CpuTask& task) {
                  const auto [begin, end] = task.share(use.layer.tiles());
                  transform_outputs(use.layer, {begin, end},
                                    task.buffer<const float>(0) + begin * use.layer.out_channels,
                                    stride, use.bias ? task.buffer<const float>(2) : nullptr,
                                    use.activation, task.buffer<float>(1));
                },
                {sums, Output{0}}));
  if (use.bias) lowered.launches.back().operands.push_back(Input{2});
}

Operand append_weights(Lowered& lowered, const Call& call, const Use& use) {
  auto& memory = call.is_constant(1) ? lowered.kept : lowered.workspaces;
  memory.emplace_back(weight_bytes(use.layer));
  const std::size_t index = memory.size() - 1;
  const Operand packed = call.is_constant(1) ? Operand(Kept{index}) : Operand(Workspace{index});
  Launch launch = launch_of("winograd_weights", use,
                            [layer = use.layer](const CpuTask& task) {
                              transform_weights(task, layer, task.buffer<const float>(0),
                                                task.buffer<float>(1));
                            },
                            {Input{1}, packed});
  launch.once = call.is_constant(1);
  lowered.launches.push_back(std::move(launch));
  return packed;
}

/// The order that moves fewer bytes through what members share, first.
std::vector<schema::Parameters> orders(const Layer& layer, unsigned members) {
  const std::vector<schema::Parameters> blocked = {{{"order", std::string("blocked")}}},
                                        staged = {{{"order", std::string("staged")}}};
  const auto weights = double(weight_bytes(layer));
  const double passing =
      weights > block_bytes ? double(blocks_of(layer, members).count) * weights : 0;
  const double transformed =
      2 * sizeof(float) *
      double(image_floats(layer, layer.tiles()) + sum_floats(layer, layer.tiles()));
  return passing <= transformed + weights ? std::vector{blocked[0], staged[0]}
                                          : std::vector{staged[0], blocked[0]};
}

Implementation implementation(ConvolutionDirection direction, std::int64_t tile) {
  const auto layer = [=](const Call& call) {
    return layer_of(convolution_sizes(call, direction), direction, tile);
  };
  Implementation one;
  one.name = tile == 2 ? "simd/winograd_2x3" : "simd/winograd_4x3";
  one.summary = tile == 2 ? "3x3 weights in tiles of 2x2 outputs: 2.25 times fewer multiplications"
                          : "3x3 weights in tiles of 4x4 outputs: 4 times fewer multiplications";
  one.guess = tile == 2 ? 2 : 1;
  one.tolerance_factor = tolerance_factor(tile);
  one.unsupported = [=](const Call& call, Processor&) { return unsupported(call, direction); };
  one.tunings = [=](const Call& call, Processor& processor, Tier) {
    return orders(layer(call), processor.members());
  };
  one.lower = [=](const Call& call, Processor& processor, const schema::Parameters& tuning) {
    const bool forward = direction == ConvolutionDirection::forward;
    const Layer sizes = layer(call);
    const double macs = convolution_sizes(call, direction).macs();
    const unsigned members = members_for(std::int64_t(macs / 16)) == 1 ? 1 : processor.members();
    const Use use{sizes, call.inputs.size() == 3, forward ? activation_of(call) : Activation::none,
                  members};
    Lowered lowered;
    lowered.executed_work = executed_work(call, sizes);
    const Operand weights = append_weights(lowered, call, use);
    const bool staged = schema::to_string(tuning.at("order")) == "staged";
    (staged ? append_staged : append_blocked)(lowered, use, weights);
    return lowered;
  };
  return one;
}

ImplementationRegistration registration(ConvolutionDirection direction, std::int64_t tile) {
  return {kind_of(direction), [=] { return implementation(direction, tile); }};
}

const ImplementationRegistration registrations[] = {
    registration(ConvolutionDirection::forward, 2), registration(ConvolutionDirection::forward, 4),
    registration(ConvolutionDirection::backward_data, 2),
    registration(ConvolutionDirection::backward_data, 4)};

}  // namespace
}  // namespace motley::workloads::winograd
