// Convolution on OpenCL devices as tiles in registers, straight from the images: what first layers
// want, whose patches are far larger than images of three channels, and no more memory than the
// weights once more. The gradient by the images is a convolution too where the stride is 1: of the
// output's gradient with the weights turned.
#include <algorithm>
#include <utility>

#include "workloads/ops/conv2d_opencl.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"
#include "workloads/ops/matmul/register_vector_opencl.hpp"

namespace motley::embedded {
extern const std::string_view registers_cl, conv2d_tile_cl;
}

namespace motley::workloads {
namespace {

std::string unsupported(const ConvolutionSizes& s) {
  return s.groups > 1 ? "its channels fall into groups. Use another implementation." : "";
}

std::string unsupported_data(const ConvolutionSizes& s) {
  return s.stride > 1 ? "its stride leaves pixels out. Use another implementation."
                      : unsupported(s);
}

/// Of the convolution from y to x.
ConvolutionSizes turned(ConvolutionSizes s) {
  std::swap(s.height, s.out_height);
  std::swap(s.width, s.out_width);
  std::swap(s.channels, s.out_channels);
  s.pad_top = s.dilation * (s.kernel_height - 1) - s.pad_top;
  s.pad_left = s.dilation * (s.kernel_width - 1) - s.pad_left;
  return s;
}

schema::Parameters parameters_of(std::int64_t rows, std::int64_t vector, std::int64_t columns,
                                 std::int64_t group) {
  return {{"rows", rows}, {"vector", vector}, {"columns", columns}, {"group", group}};
}

std::int64_t tiles_of(const ConvolutionSizes& s, const schema::Parameters& tuning) {
  return s.batch * s.out_height * divide_up(s.out_width, tuned(tuning, "rows"));
}

/// As many sums as registers hold; those first that compute the least in vain.
std::vector<schema::Parameters> tunings(const ConvolutionSizes& s, Processor& processor,
                                        Tier tier) {
  const std::vector<schema::Parameters> cpu = {
      parameters_of(6, 16, 4, 1), parameters_of(8, 16, 3, 1), parameters_of(12, 16, 2, 1),
      parameters_of(8, 16, 2, 1), parameters_of(12, 16, 1, 1)};
  const std::vector<schema::Parameters> gpu = {parameters_of(8, 4, 1, 8),
                                               parameters_of(4, 4, 1, 4)};
  const bool is_cpu = processor.kind() == ProcessorKind::cpu;
  std::vector<schema::Parameters> all = is_cpu ? cpu : gpu;
  const auto computed = [&](const schema::Parameters& tuning) {
    return tiles_of(s, tuning) * tuned(tuning, "rows") *
           divide_up(s.out_channels, panel_columns(tuning)) * panel_columns(tuning);
  };
  std::stable_sort(all.begin(), all.end(),
                   [&](const auto& a, const auto& b) { return computed(a) < computed(b); });
  if (tier != Tier::full) all.resize(2);
  // Each must be right everywhere: the other kind's best is tried too.
  if (tier == Tier::full) all.insert(all.begin() + 1, is_cpu ? gpu[0] : cpu[0]);
  return all;
}

/// Panels of weights, and how far taps and panels lie apart.
struct Weights {
  Operand panels;
  std::int64_t first_tap, tap_apart, panel_apart;
};

Launch tile_launch(const ConvolutionSizes& s, const Weights& weights, const Finish& finish,
                   const schema::Parameters& tuning) {
  const std::int64_t group = tuned(tuning, "group"), tiles = tiles_of(s, tuning);
  const std::int64_t items = tiles * divide_up(s.out_channels, panel_columns(tuning)) * group;
  Launch launch;
  launch.kernel.name = "direct_tile";
  launch.kernel.opencl =
      tuned_form(std::string(embedded::registers_cl).append(embedded::conv2d_tile_cl),
                 launch.kernel.name, tuning);
  launch.range = groups_of(items, 1, std::size_t(group * group), 1, 1);
  launch.operands = {Input{0}, weights.panels, finish.bias.value_or(weights.panels), Output{0}};
  for (const std::int64_t size : {s.height,
                                  s.width,
                                  s.channels,
                                  s.out_height,
                                  s.out_width,
                                  s.out_channels,
                                  s.kernel_height,
                                  s.kernel_width,
                                  s.stride,
                                  s.dilation,
                                  s.pad_top,
                                  s.pad_left,
                                  items,
                                  tiles,
                                  s.in_pixels(),
                                  weights.first_tap,
                                  weights.tap_apart,
                                  weights.panel_apart,
                                  std::int64_t{finish.bias.has_value()},
                                  std::int64_t(finish.activation)}) {
    launch.operands.push_back(whole(size));
  }
  return launch;
}

Lowered lower_forward(const Call& call, const ConvolutionSizes& s, Processor&,
                      const schema::Parameters& tuning) {
  const std::int64_t depth = s.taps() * s.channels, width = panel_columns(tuning);
  Lowered lowered;
  const Operand panels = append_packing(
      lowered, {Input{1}, 1, s.out_channels, depth, false, call.is_constant(1)}, width, tuning);
  Finish finish;
  if (call.inputs.size() == 3) finish.bias = Input{2};
  finish.activation = activation_of(call);
  lowered.launches.push_back(
      tile_launch(s, {panels, 0, s.channels * width, depth * width}, finish, tuning));
  return lowered;
}

/// Each tap's weights are packed by themselves, turned, and read from the last tap to the first.
Lowered lower_data(const Call& call, const ConvolutionSizes& s, Processor&,
                   const schema::Parameters& tuning) {
  const std::int64_t width = panel_columns(tuning), panel = s.out_channels * width;
  const std::int64_t tap = panel * divide_up(s.channels, width);
  Lowered lowered;
  const Operand panels = append_packing(
      lowered, {Input{1}, s.taps(), s.channels, s.out_channels, true, call.is_constant(1)}, width,
      tuning);
  lowered.launches.push_back(
      tile_launch(turned(s), {panels, (s.taps() - 1) * tap, -tap, panel}, {}, tuning));
  return lowered;
}

ImplementationRegistration tiles(ConvolutionDirection direction,
                                 std::string (*why_not)(const ConvolutionSizes&),
                                 Lowered (*lower)(const Call&, const ConvolutionSizes&, Processor&,
                                                  const schema::Parameters&)) {
  return convolution_registration(
      direction, "opencl/direct_tile",
      "Tiles of pixels and channels in registers, straight from the images", 2, why_not,
      [direction](const ConvolutionSizes& s, Processor& processor, Tier tier) {
        return tunings(direction == ConvolutionDirection::forward ? s : turned(s), processor, tier);
      },
      lower);
}

const ImplementationRegistration registrations[] = {
    tiles(ConvolutionDirection::forward, unsupported, lower_forward),
    tiles(ConvolutionDirection::backward_data, unsupported_data, lower_data)};

}  // namespace
}  // namespace motley::workloads
