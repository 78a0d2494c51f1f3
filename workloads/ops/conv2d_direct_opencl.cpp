// Convolution on OpenCL devices straight from its definition: no workspace for patches, any groups.
#include "workloads/ops/conv2d_opencl.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

std::vector<schema::Parameters> vectors(const ConvolutionSizes&, Processor& processor, Tier tier) {
  return vector_widths(processor, tier);
}

/// Vectors that the channels of all groups take.
std::int64_t vectors_of(const ConvolutionSizes& s, std::int64_t in_group,
                        const schema::Parameters& tuning) {
  return s.groups * divide_up(in_group, vector_width(tuning));
}

Lowered lower_forward(const Call& call, const ConvolutionSizes& s, Processor&,
                      const schema::Parameters& tuning) {
  const bool bias = call.inputs.size() == 3;
  return {{convolution_launch("direct", s, s.out_pixels() * vectors_of(s, s.out_group(), tuning),
                              {Input{0}, Input{1}, bias ? Input{2} : Input{1}, Output{0}},
                              {whole(bias), whole(static_cast<std::int64_t>(activation_of(call)))},
                              tuning)},
          {},
          {},
          {}};
}

Lowered lower_data(const Call& call, const ConvolutionSizes& s, Processor&,
                   const schema::Parameters& tuning) {
  const std::int64_t weights = call.inputs[1].elements();
  Lowered lowered;
  lowered.workspaces = {std::size_t(weights) * sizeof(float)};
  lowered.launches = {
      convolution_launch("turn_weights", s, weights, {Input{1}, Workspace{0}}, {}, tuning),
      convolution_launch("direct_data", s, s.in_pixels() * vectors_of(s, s.in_group(), tuning),
                         {Input{0}, Workspace{0}, Output{0}}, {}, tuning)};
  return lowered;
}

Lowered lower_weights(const Call& call, const ConvolutionSizes& s, Processor& processor,
                      const schema::Parameters& tuning) {
  const std::int64_t rows = s.batch * s.out_height, weights = call.outputs[0].elements();
  const std::int64_t wanted = processor.kind() == ProcessorKind::cpu ? 256 : 16384;
  const std::int64_t one = s.taps() * s.in_group() * vectors_of(s, s.out_group(), tuning);
  const std::int64_t chunk = divide_up(rows, divide_up(wanted, one));
  const std::int64_t chunks = divide_up(rows, chunk);
  Lowered lowered;
  Reduction reduction(lowered, processor, tuning);
  const Operand sums = reduction.workspace(chunks * weights);
  lowered.launches.push_back(convolution_launch("direct_weights", s, chunks * one,
                                                {Input{0}, Input{1}, sums},
                                                {whole(rows), whole(chunk)}, tuning));
  reduction.sum_rows(sums, Output{0}, chunks, weights);
  return lowered;
}

ImplementationRegistration direct(ConvolutionDirection direction,
                                  Lowered (*lower)(const Call&, const ConvolutionSizes&, Processor&,
                                                   const schema::Parameters&)) {
  return convolution_registration(direction, "opencl/direct",
                                  "A vector of channels of one pixel, or of the weights, for each "
                                  "work-item",
                                  2, nullptr, vectors, lower);
}

const ImplementationRegistration registrations[] = {
    direct(ConvolutionDirection::forward, lower_forward),
    direct(ConvolutionDirection::backward_data, lower_data),
    direct(ConvolutionDirection::backward_weights, lower_weights)};

}  // namespace
}  // namespace motley::workloads
