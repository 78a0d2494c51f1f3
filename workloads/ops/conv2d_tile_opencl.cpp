// Convolution on OpenCL devices as tiles in registers, straight from the images: what first layers
// want, whose patches are far larger than images of three channels, and no more memory than the
// weights once more.
#include <algorithm>

#include "workloads/ops/conv2d_opencl.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"

namespace motley::embedded {
extern const std::string_view registers_cl, conv2d_tile_cl;
}

namespace motley::workloads {
namespace {

std::string unsupported(const ConvolutionSizes& s) {
  return s.groups > 1 ? "its channels fall into groups. Use another implementation." : "";
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

Lowered lower(const Call& call, const ConvolutionSizes& s, Processor&,
              const schema::Parameters& tuning) {
  const std::int64_t group = tuned(tuning, "group");
  const Unpacked weights = {Input{1},           1, s.out_channels, s.taps() * s.channels, false,
                            call.is_constant(1)};
  Lowered lowered;
  const Operand panels = append_packing(lowered, weights, panel_columns(tuning), tuning);
  const bool bias = call.inputs.size() == 3;
  const std::int64_t tiles = tiles_of(s, tuning);
  const std::int64_t items = tiles * divide_up(s.out_channels, panel_columns(tuning)) * group;
  Launch launch;
  launch.kernel.name = "direct_tile";
  launch.kernel.opencl =
      tuned_form(std::string(embedded::registers_cl).append(embedded::conv2d_tile_cl),
                 launch.kernel.name, tuning);
  launch.range = groups_of(items, 1, std::size_t(group * group), 1, 1);
  launch.operands = {Input{0}, panels, bias ? Operand(Input{2}) : panels, Output{0}};
  for (const std::int64_t size :
       {s.height, s.width, s.channels, s.out_height, s.out_width, s.out_channels, s.kernel_height,
        s.kernel_width, s.stride, s.dilation, s.pad_top, s.pad_left, items, tiles,
        std::int64_t{bias}, std::int64_t(activation_of(call))}) {
    launch.operands.push_back(whole(size));
  }
  lowered.launches.push_back(std::move(launch));
  return lowered;
}

const ImplementationRegistration registration =
    convolution_registration(ConvolutionDirection::forward, "opencl/direct_tile",
                             "Tiles of pixels and channels in registers, straight from the images",
                             2, unsupported, tunings, lower);

}  // namespace
}  // namespace motley::workloads
