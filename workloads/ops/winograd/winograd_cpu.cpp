// Winograd convolution on a CPU, in one of three orders. Blocked: a member takes a block of tiles
// through all stages, so that what is transformed stays in its L2 cache; but each block reads all
// weights. Staged: all members do one stage after the other, so that each weight is read once; but
// all that is transformed goes through memory that they share. Panels: images first; then a member
// takes some output channels, whose weights it transforms whenever they are needed, so that their
// 1.8 or 4 times larger form never leaves the L2 cache.
#include <algorithm>
#include <atomic>

#include "workloads/gemm/gemm.hpp"
#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/winograd/stages.hpp"

namespace motley::workloads::winograd {
namespace {

/// Of what a member transforms at a time: it shares the L2 cache, of 1-2 MiB on cores with wide
/// vectors, with what passes.
constexpr double block_bytes = 768 << 10;

/// A layer with what a call adds to it. A bias comes last among a launch's arguments.
struct Use {
  Layer layer;
  bool bias;
  Activation activation;
  unsigned members;
};

/// Of images or sums: all places of so many tiles.
std::int64_t place_floats(const Layer& layer, std::int64_t tiles, std::int64_t channels) {
  return layer.products() * place_stride(tiles, channels);
}

std::size_t bytes_of(std::int64_t floats) {
  return static_cast<std::size_t>(floats) * sizeof(float);
}

/// The places' products for `tiles` tiles, of all channels.
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

/// By one member alone.
void multiply_alone(const gemm::Product& product, float* workspace) {
  std::atomic<std::int64_t> next{0};
  gemm::multiply(CpuTask(0, 1, {}, next), product, workspace);
}

const float* bias_of(const CpuTask& task, const Use& use, std::size_t argument) {
  return use.bias ? task.buffer<const float>(argument) : nullptr;
}

float* own_workspace(const CpuTask& task, std::size_t argument) {
  return task.buffer<float>(argument) + task.member * (gemm::workspace_bytes(1) / sizeof(float));
}

void append(Lowered& lowered, const std::string& name, const Use& use, CpuForm form,
            std::vector<Operand> operands, bool takes_bias = false) {
  Launch launch;
  launch.kernel.name = name;
  launch.kernel.cpu = std::move(form);
  launch.kernel.cpu_members = use.members;
  launch.operands = std::move(operands);
  if (takes_bias && use.bias) launch.operands.push_back(Input{2});
  lowered.launches.push_back(std::move(launch));
}

Workspace add_workspace(Lowered& lowered, std::size_t bytes) {
  lowered.workspaces.emplace_back(bytes);
  return {lowered.workspaces.size() - 1};
}

// ---- Stages of all members

std::size_t weight_bytes(const Layer& layer) {
  return std::size_t(layer.products()) * gemm::packed_b_bytes(layer.channels, layer.out_channels);
}

Operand append_weights(Lowered& lowered, const Use& use, bool constant) {
  auto& memory = constant ? lowered.kept : lowered.workspaces;
  memory.emplace_back(weight_bytes(use.layer));
  const std::size_t index = memory.size() - 1;
  const Operand packed = constant ? Operand(Kept{index}) : Operand(Workspace{index});
  append(lowered, "winograd_weights", use,
         [layer = use.layer](const CpuTask& task) {
           transform_weights(task, layer, task.buffer<const float>(0), task.buffer<float>(1));
         },
         {Input{1}, packed});
  lowered.launches.back().once = constant;
  return packed;
}

Operand append_images(Lowered& lowered, const Use& use) {
  const Layer& layer = use.layer;
  const Workspace images =
      add_workspace(lowered, bytes_of(place_floats(layer, layer.tiles(), layer.channels)));
  append(lowered, "winograd_images", use,
         [layer](const CpuTask& task) {
           const auto [begin, end] = task.share(layer.tiles());
           transform_images(layer, {begin, end}, task.buffer<const float>(0),
                            task.buffer<float>(1) + begin * layer.channels,
                            place_stride(layer.tiles(), layer.channels));
         },
         {Input{0}, images});
  return images;
}

void append_staged(Lowered& lowered, const Use& use, bool constant) {
  const Operand weights = append_weights(lowered, use, constant);
  const Operand images = append_images(lowered, use);
  const Layer& layer = use.layer;
  const Workspace workspace = add_workspace(lowered, gemm::workspace_bytes(use.members));
  const Workspace sums =
      add_workspace(lowered, bytes_of(place_floats(layer, layer.tiles(), layer.out_channels)));
  append(lowered, "winograd_products", use,
         [layer](const CpuTask& task) {
           gemm::multiply(task,
                          product_of(layer, layer.tiles(), task.buffer<const float>(0),
                                     task.buffer<const float>(1), task.buffer<float>(2)),
                          task.buffer<float>(3));
         },
         {images, weights, sums, workspace});
  append(
      lowered, "winograd_outputs", use,
      [use](const CpuTask& task) {
        const auto [begin, end] = task.share(use.layer.tiles());
        const std::int64_t channels = use.layer.out_channels;
        transform_outputs(use.layer, {begin, end}, {0, channels},
                          task.buffer<const float>(0) + begin * channels,
                          place_stride(use.layer.tiles(), channels), bias_of(task, use, 2),
                          use.activation, task.buffer<float>(1));
      },
      {sums, Output{0}}, true);
}

// ---- Blocks of tiles

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

/// Arguments: images, weights, outputs, two workspaces.
void convolve_block(const CpuTask& task, const Use& use, const Span& tiles, float* images) {
  const Layer& layer = use.layer;
  float* const sums = images + place_floats(layer, tiles.size(), layer.channels);
  const gemm::Product product =
      product_of(layer, tiles.size(), images, task.buffer<const float>(1), sums);
  transform_images(layer, tiles, task.buffer<const float>(0), images, product.a_batch_stride);
  multiply_alone(product, own_workspace(task, 3));
  transform_outputs(layer, tiles, {0, layer.out_channels}, sums, product.c_batch_stride,
                    bias_of(task, use, 5), use.activation, task.buffer<float>(2));
}

void append_blocked(Lowered& lowered, const Use& use, bool constant) {
  const Operand weights = append_weights(lowered, use, constant);
  const Layer& layer = use.layer;
  const Blocks blocks = blocks_of(layer, use.members);
  const std::int64_t floats = place_floats(layer, blocks.tiles, layer.channels) +
                              place_floats(layer, blocks.tiles, layer.out_channels);
  const Workspace workspace = add_workspace(lowered, gemm::workspace_bytes(use.members));
  const Workspace own = add_workspace(lowered, use.members * bytes_of(floats));
  append(
      lowered, "winograd_blocks", use,
      [use, blocks, floats](const CpuTask& task) {
        for (std::int64_t i = task.next_chunk(blocks.count); i >= 0;
             i = task.next_chunk(blocks.count)) {
          const std::int64_t end = std::min(use.layer.tiles(), (i + 1) * blocks.tiles);
          convolve_block(task, use, {i * blocks.tiles, end},
                         task.buffer<float>(4) + task.member * floats);
        }
      },
      {Input{0}, weights, Output{0}, workspace, own}, true);
}

// ---- Panels of output channels

/// Channels whose weights a member transforms at a time, and what it needs for them.
struct PanelSizes {
  std::int64_t columns, channels, weight_floats, sum_floats;
};

PanelSizes panel_sizes(const Layer& layer) {
  const std::int64_t columns = std::min(panel_columns(), layer.out_channels);
  const double channel_bytes = double(layer.products()) * double(panel_columns()) * sizeof(float);
  const std::int64_t pieces = divide_up(layer.channels, std::int64_t(block_bytes / channel_bytes));
  const std::int64_t channels = divide_up(divide_up(layer.channels, pieces), 16) * 16;
  return {columns, channels,
          layer.products() * std::int64_t(gemm::packed_b_bytes(channels, columns) / sizeof(float)),
          place_floats(layer, layer.tiles(), columns)};
}

/// Arguments: transformed images, weights, outputs, two workspaces.
void convolve_panel(const CpuTask& task, const Use& use, const PanelSizes& sizes,
                    const Span& outputs, float* weights) {
  const Layer& layer = use.layer;
  float* const sums = weights + sizes.weight_floats;
  gemm::Product product = product_of(layer, layer.tiles(), nullptr, weights, sums);
  product.n = product.c.stride = outputs.size();
  product.c_batch_stride = place_stride(layer.tiles(), product.n);
  for (std::int64_t c = 0; c < layer.channels; c += sizes.channels) {
    const Span channels{c, std::min(layer.channels, c + sizes.channels)};
    transform_panel(layer, task.buffer<const float>(1), channels, outputs, weights);
    product.a.data = task.buffer<const float>(0) + c;
    product.k = channels.size();
    product.accumulate = c > 0;
    multiply_alone(product, own_workspace(task, 3));
  }
  transform_outputs(layer, {0, layer.tiles()}, outputs, sums, product.c_batch_stride,
                    bias_of(task, use, 5), use.activation, task.buffer<float>(2));
}

void append_panels(Lowered& lowered, const Use& use, bool) {
  const Operand images = append_images(lowered, use);
  const PanelSizes sizes = panel_sizes(use.layer);
  const std::int64_t floats = sizes.weight_floats + sizes.sum_floats;
  const Workspace workspace = add_workspace(lowered, gemm::workspace_bytes(use.members));
  const Workspace own = add_workspace(lowered, use.members * bytes_of(floats));
  append(
      lowered, "winograd_panels", use,
      [use, sizes, floats](const CpuTask& task) {
        const std::int64_t all = use.layer.out_channels, panels = divide_up(all, sizes.columns);
        for (std::int64_t i = task.next_chunk(panels); i >= 0; i = task.next_chunk(panels)) {
          convolve_panel(task, use, sizes,
                         {i * sizes.columns, std::min(all, (i + 1) * sizes.columns)},
                         task.buffer<float>(4) + task.member * floats);
        }
      },
      {images, Input{1}, Output{0}, workspace, own}, true);
}

// ---- The choice

using Append = void (*)(Lowered&, const Use&, bool constant);
struct Order {
  const char* name;
  Append append;
  /// What leaves the L2 caches, and twice the weights where they are made: tells the orders apart.
  double bytes;
};

/// The best guess first.
std::vector<Order> orders(const Layer& layer, unsigned members, bool constant) {
  const auto weights = double(weight_bytes(layer));
  const double making = 2 * weights, made = constant ? 0 : making;
  const auto images = double(bytes_of(place_floats(layer, layer.tiles(), layer.channels)));
  const auto sums = double(bytes_of(place_floats(layer, layer.tiles(), layer.out_channels)));
  const auto blocks = double(blocks_of(layer, members).count);
  const PanelSizes panel = panel_sizes(layer);
  const auto panels = double(divide_up(layer.out_channels, panel.columns));
  const bool spills = double(bytes_of(panel.sum_floats)) > block_bytes;
  std::vector<Order> all = {
      {"blocked", append_blocked, made + (weights > block_bytes ? blocks * weights : 0)},
      {"staged", append_staged, made + weights + 2 * (images + sums)},
      {"panels", append_panels, making + (1 + panels) * images + (spills ? 2 * sums : 0)}};
  std::stable_sort(all.begin(), all.end(),
                   [](const Order& a, const Order& b) { return a.bytes < b.bytes; });
  return all;
}

Lowered lower(const Call& call, ConvolutionDirection direction, std::int64_t tile,
              Processor& processor, const std::string& name) {
  const ConvolutionSizes s = convolution_sizes(call, direction);
  const bool forward = direction == ConvolutionDirection::forward;
  const unsigned members = members_for(std::int64_t(s.macs() / 16)) == 1 ? 1 : processor.members();
  const Use use{layer_of(s, direction, tile), call.inputs.size() == 3,
                forward ? activation_of(call) : Activation::none, members};
  const bool constant = call.is_constant(1);
  Lowered lowered;
  for (const Order& order : orders(use.layer, members, constant)) {
    if (name != order.name) continue;
    order.append(lowered, use, constant);
    const bool once = constant && order.append != append_panels;
    lowered.executed_work = executed_work(call, use.layer, once);
  }
  return lowered;
}

Implementation implementation(ConvolutionDirection direction, std::int64_t tile) {
  Implementation one;
  one.name = tile == 2 ? "simd/winograd_2x3" : "simd/winograd_4x3";
  one.summary = tile == 2 ? "3x3 weights in tiles of 2x2 outputs: 2.25 times fewer multiplications"
                          : "3x3 weights in tiles of 4x4 outputs: 4 times fewer multiplications";
  one.guess = tile == 2 ? 2 : 1;
  one.unsupported = [=](const Call& call, Processor&) { return unsupported(call, direction); };
  one.tunings = [=](const Call& call, Processor& processor, Tier tier) {
    const Layer layer = layer_of(convolution_sizes(call, direction), direction, tile);
    std::vector<schema::Parameters> tunings;
    for (const Order& order : orders(layer, processor.members(), call.is_constant(1))) {
      tunings.push_back({{"order", std::string(order.name)}});
      if (tier != Tier::full) break;  // the guess is good, and each try costs a network's auto
    }
    return tunings;
  };
  one.lower = [=](const Call& call, Processor& processor, const schema::Parameters& tuning) {
    return lower(call, direction, tile, processor, schema::to_string(tuning.at("order")));
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
