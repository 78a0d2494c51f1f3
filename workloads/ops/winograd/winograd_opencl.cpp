// Winograd convolution on OpenCL devices: transforms of vectors of channels, and the places'
// matrices as one product in panels.
#include <algorithm>
#include <limits>

#include "workloads/ops/elementwise.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"
#include "workloads/ops/winograd/winograd.hpp"

namespace motley::embedded {
extern const std::string_view winograd_cl;
}

namespace motley::workloads::winograd {
namespace {

/// A work-item holds a whole tile of these: more than two would not fit into the registers of a
/// GPU.
schema::Parameters vectors_of(const Processor& processor) {
  return {{"vector", std::int64_t{processor.kind() == ProcessorKind::cpu ? 16 : 2}}};
}

Operand add_workspace(Lowered& lowered, std::int64_t floats) {
  lowered.workspaces.emplace_back(std::size_t(floats) * sizeof(float));
  return Workspace{lowered.workspaces.size() - 1};
}

Launch launch_of(const std::string& name, std::int64_t tile, const schema::Parameters& vectors,
                 std::int64_t work_items, std::vector<Operand> operands,
                 const std::vector<std::int64_t>& sizes) {
  Launch launch;
  launch.kernel.name = name + (tile == 2 ? "_2" : "_4");
  launch.kernel.opencl = vector_form(embedded::winograd_cl, launch.kernel.name, vectors);
  launch.range = items(work_items);
  launch.operands = std::move(operands);
  for (const std::int64_t size : sizes) launch.operands.push_back(whole(size));
  launch.operands.push_back(whole(work_items));
  return launch;
}

Operand append_images(Lowered& lowered, const Layer& layer, const schema::Parameters& vectors) {
  const Operand to = add_workspace(lowered, layer.products() * layer.tiles() * layer.channels);
  const std::int64_t work_items = layer.tiles() * divide_up(layer.channels, vector_width(vectors));
  lowered.launches.push_back(
      launch_of("winograd_images", layer.tile, vectors, work_items, {Input{0}, to},
                {layer.height, layer.width, layer.channels, layer.tiles_down(),
                 layer.tiles_across(), layer.pad_top, layer.pad_left, layer.tiles()}));
  return to;
}

/// Of constant weights only the panels into which they are packed at once are kept.
Operand append_weights(Lowered& lowered, const Layer& layer, bool constant,
                       const schema::Parameters& vectors) {
  const std::int64_t size = layer.channels * layer.out_channels;
  const Operand to = add_workspace(lowered, layer.products() * size);
  lowered.launches.push_back(launch_of("winograd_weights", layer.tile, vectors,
                                       divide_up(size, vector_width(vectors)), {Input{1}, to},
                                       {size, std::int64_t{layer.turned}}));
  lowered.launches.back().once = constant;
  return to;
}

Lowered lower(const Call& call, const Layer& layer, Activation activation, Processor& processor,
              const schema::Parameters& tuning) {
  const schema::Parameters vectors = vectors_of(processor);
  const bool constant = call.is_constant(1), bias = call.inputs.size() == 3;
  Lowered lowered;
  lowered.executed_work = executed_work(call, layer, constant);
  PanelProduct product;
  product.batch = layer.products();
  product.m = layer.tiles();
  product.n = layer.out_channels;
  product.k = layer.channels;
  const Operand images = append_images(lowered, layer, vectors);
  product.a = append_packing(lowered, {images, product.batch, product.m, product.k, true},
                             panel_rows(tuning), tuning);
  const Operand weights = append_weights(lowered, layer, constant, vectors);
  product.b = append_packing(lowered,
                             {weights, product.batch, product.n, product.k, layer.turned, constant},
                             panel_columns(tuning), tuning);
  product.c = add_workspace(lowered, product.batch * product.m * product.n);
  append_panel_product(lowered, product, tuning);
  lowered.launches.push_back(
      launch_of("winograd_outputs", layer.tile, vectors,
                product.m * divide_up(product.n, vector_width(vectors)),
                {product.c, bias ? Operand(Input{2}) : product.c, Output{0}},
                {layer.out_height, layer.out_width, layer.out_channels, layer.tiles_down(),
                 layer.tiles_across(), std::int64_t{bias}, static_cast<std::int64_t>(activation),
                 layer.tiles()}));
  return lowered;
}

std::string too_large(const Layer& layer) {
  constexpr double widest_panel = 64;
  const double channels = double(std::max(layer.channels, layer.out_channels)) + widest_panel;
  const double floats = double(layer.products()) * channels *
                        std::max(double(layer.tiles()) + widest_panel, channels);
  return floats > std::numeric_limits<std::int32_t>::max()
             ? "its transformed tiles have more elements than 32-bit indices reach. Use a smaller "
               "batch."
             : "";
}

Implementation implementation(ConvolutionDirection direction, std::int64_t tile) {
  const auto layer = [=](const Call& call) {
    return layer_of(convolution_sizes(call, direction), direction, tile);
  };
  Implementation one;
  one.name = tile == 2 ? "opencl/winograd_2x3" : "opencl/winograd_4x3";
  one.summary = tile == 2 ? "3x3 weights in tiles of 2x2 outputs: 2.25 times fewer multiplications"
                          : "3x3 weights in tiles of 4x4 outputs: 4 times fewer multiplications";
  one.guess = tile == 2 ? 4 : 3;
  one.unsupported = [=](const Call& call, Processor&) {
    const std::string reason = unsupported(call, direction);
    return reason.empty() ? too_large(layer(call)) : reason;
  };
  one.tunings = [=](const Call& call, Processor& processor, Tier tier) {
    return panel_tunings(layer(call).tiles(), layer(call).out_channels, processor, tier);
  };
  one.lower = [=](const Call& call, Processor& processor, const schema::Parameters& tuning) {
    const bool forward = direction == ConvolutionDirection::forward;
    return lower(call, layer(call), forward ? activation_of(call) : Activation::none, processor,
                 tuning);
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
