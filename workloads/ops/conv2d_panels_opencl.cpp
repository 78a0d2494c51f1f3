// Convolution on OpenCL devices as a matrix product in panels: patches are copied once, straight
// into panels (im2col); pixels of a 1x1 convolution are rows as they lie. The gradient by the
// images is the product of the output's gradient and the turned weights, from which every pixel
// gathers its share (col2im).
#include <algorithm>
#include <limits>

#include "workloads/ops/conv2d_opencl.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/matmul/packed_opencl.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

std::string unsupported(const ConvolutionSizes& s) {
  if (s.groups > 1) return "its channels fall into groups. Use another implementation.";
  constexpr double widest_panel = 64;
  const double patches =
      (double(s.out_pixels()) + widest_panel) * (double(s.taps() * s.channels) + widest_panel);
  return patches > std::numeric_limits<std::int32_t>::max()
             ? "its patches have more elements than 32-bit indices reach. Use a smaller batch."
             : "";
}

std::int64_t weight_rows(const ConvolutionSizes& s) {
  return s.taps() * s.channels;
}

/// Adds the launch that copies patches into panels of pixels.
Operand append_patches(Lowered& lowered, const ConvolutionSizes& s,
                       const schema::Parameters& tuning) {
  const std::int64_t panel = panel_rows(tuning), pixels = s.out_pixels();
  if (s.pointwise()) {
    return append_packing(lowered, {Input{0}, 1, pixels, s.channels, true}, panel, tuning);
  }
  lowered.workspaces.push_back(std::size_t(panel_elements(1, pixels, weight_rows(s), panel)) *
                               sizeof(float));
  const Workspace panels{lowered.workspaces.size() - 1};
  lowered.launches.push_back(
      convolution_launch("pixels_to_panels", s, divide_up(pixels, panel) * s.taps(),
                         {Input{0}, panels}, {whole(pixels), whole(panel)}, tuning));
  return panels;
}

Lowered lower_forward(const Call& call, const ConvolutionSizes& s, Processor&,
                      const schema::Parameters& tuning) {
  Lowered lowered;
  PanelProduct product;
  product.batch = 1;
  product.m = s.out_pixels();
  product.n = s.out_channels;
  product.k = weight_rows(s);
  product.a = append_patches(lowered, s, tuning);
  product.b =
      append_packing(lowered, {Input{1}, 1, product.n, product.k, false, call.is_constant(1)},
                     panel_columns(tuning), tuning);
  product.c = Output{0};
  if (call.inputs.size() == 3) product.bias = Input{2};
  product.activation = activation_of(call);
  append_panel_product(lowered, product, tuning);
  return lowered;
}

Lowered lower_data(const Call& call, const ConvolutionSizes& s, Processor& processor,
                   const schema::Parameters& tuning) {
  Lowered lowered;
  PanelProduct product;
  product.batch = 1;
  product.m = s.out_pixels();
  product.n = weight_rows(s);
  product.k = s.out_channels;
  product.a = append_packing(lowered, {Input{0}, 1, product.m, product.k, true}, panel_rows(tuning),
                             tuning);
  product.b =
      append_packing(lowered, {Input{1}, 1, product.n, product.k, true, call.is_constant(1)},
                     panel_columns(tuning), tuning);
  if (s.pointwise()) {
    product.c = Output{0};
    append_panel_product(lowered, product, tuning);
    return lowered;
  }
  product.c = Reduction(lowered, processor, tuning).workspace(product.m * product.n);
  append_panel_product(lowered, product, tuning);
  // A part of a wide vector costs more than several narrow ones.
  const std::int64_t width = s.channels % 16 == 0 ? vector_width(tuning) : 4;
  lowered.launches.push_back(convolution_launch("gather_products", s,
                                                s.in_pixels() * divide_up(s.channels, width),
                                                {product.c, Output{0}}, {}, {{"vector", width}}));
  return lowered;
}

/// Into how many parts the pixels are cut, so that few weights occupy a device too.
std::int64_t parts_of(const ConvolutionSizes& s, const Processor& processor,
                      const schema::Parameters& tuning) {
  const std::int64_t tiles = divide_up(weight_rows(s), panel_rows(tuning)) *
                             divide_up(s.out_channels, panel_columns(tuning));
  const std::int64_t wanted = processor.kind() == ProcessorKind::cpu ? 16 : 512;
  std::int64_t parts = std::min(s.batch, divide_up(wanted, tiles));
  while (s.batch % parts != 0) --parts;
  return parts;
}

Lowered lower_weights(const Call&, const ConvolutionSizes& s, Processor& processor,
                      const schema::Parameters& tuning) {
  Lowered lowered;
  Reduction reduction(lowered, processor, tuning);
  PanelProduct product;
  product.batch = parts_of(s, processor, tuning);
  product.m = weight_rows(s);
  product.n = s.out_channels;
  product.k = s.out_pixels() / product.batch;
  const std::int64_t panel = panel_rows(tuning), panels = divide_up(product.m, panel), step = 16;
  product.a = reduction.workspace(product.batch * panels * panel * product.k);
  lowered.launches.push_back(convolution_launch(
      "weights_to_panels", s, product.batch * panels * divide_up(product.k, step),
      {Input{0}, product.a}, {whole(product.k), whole(panel), whole(panels), whole(step)}, tuning));
  product.b = append_packing(lowered, {Input{1}, product.batch, product.n, product.k, false},
                             panel_columns(tuning), tuning);
  const std::int64_t weights = product.m * product.n;
  product.c =
      product.batch == 1 ? Operand(Output{0}) : reduction.workspace(product.batch * weights);
  append_panel_product(lowered, product, tuning);
  if (product.batch > 1) reduction.sum_rows(product.c, Output{0}, product.batch, weights);
  return lowered;
}

using Lower = Lowered (*)(const Call&, const ConvolutionSizes&, Processor&,
                          const schema::Parameters&);

ImplementationRegistration panels(ConvolutionDirection direction, Lower lower) {
  return convolution_registration(
      direction, "opencl/im2col", "Patches copied into panels, then a matrix product", 1,
      unsupported,
      [direction](const ConvolutionSizes& s, Processor& processor, Tier tier) {
        const bool weights = direction == ConvolutionDirection::backward_weights;
        const bool data = direction == ConvolutionDirection::backward_data;
        return panel_tunings(weights ? weight_rows(s) : s.out_pixels(),
                             data ? weight_rows(s) : s.out_channels, processor, tier);
      },
      lower);
}

const ImplementationRegistration registrations[] = {
    panels(ConvolutionDirection::forward, lower_forward),
    panels(ConvolutionDirection::backward_data, lower_data),
    panels(ConvolutionDirection::backward_weights, lower_weights)};

}  // namespace
}  // namespace motley::workloads
