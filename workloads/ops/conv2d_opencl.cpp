#include "workloads/ops/conv2d_opencl.hpp"

#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::embedded {
extern const std::string_view conv2d_cl;
}

namespace motley::workloads {

Launch convolution_launch(const std::string& entry, const ConvolutionSizes& s,
                          std::int64_t work_items, std::vector<Operand> before,
                          const std::vector<Operand>& behind, const schema::Parameters& tuning) {
  Launch launch;
  launch.kernel.name = entry;
  launch.kernel.opencl = vector_form(embedded::conv2d_cl, entry, tuning);
  launch.range = items(work_items);
  launch.operands = std::move(before);
  for (const std::int64_t size :
       {s.height, s.width, s.channels, s.out_height, s.out_width, s.out_channels, s.kernel_height,
        s.kernel_width, s.stride, s.dilation, s.groups, s.pad_top, s.pad_left, work_items}) {
    launch.operands.push_back(whole(size));
  }
  for (const Operand& operand : behind) launch.operands.push_back(operand);
  return launch;
}

ImplementationRegistration convolution_registration(
    ConvolutionDirection direction, const std::string& name, const std::string& summary, int guess,
    std::function<std::string(const ConvolutionSizes&)> unsupported,
    std::function<std::vector<schema::Parameters>(const ConvolutionSizes&, Processor&, Tier)>
        tunings,
    std::function<Lowered(const Call&, const ConvolutionSizes&, Processor&,
                          const schema::Parameters&)>
        lower) {
  Implementation one;
  one.name = name;
  one.summary = summary;
  one.guess = guess;
  one.unsupported = [=](const Call& call, Processor&) {
    const std::string reason = needs_plain_f32(call, {});
    return reason.empty() && unsupported ? unsupported(convolution_sizes(call, direction)) : reason;
  };
  one.tunings = [=](const Call& call, Processor& processor, Tier tier) {
    return tunings(convolution_sizes(call, direction), processor, tier);
  };
  one.lower = [=](const Call& call, Processor& processor, const schema::Parameters& tuning) {
    return lower(call, convolution_sizes(call, direction), processor, tuning);
  };
  return {kind_of(direction), [one] { return one; }};
}

namespace {

// ---- Each channel by itself

std::string needs_depthwise(const ConvolutionSizes& s) {
  return s.depthwise() ? "" : "its channels see each other. Use another implementation.";
}

std::vector<schema::Parameters> vectors(const ConvolutionSizes&, Processor& processor, Tier tier) {
  return vector_widths(processor, tier);
}

std::int64_t vectors_of(const ConvolutionSizes& s, const schema::Parameters& tuning) {
  return divide_up(s.channels, vector_width(tuning));
}

Lowered lower_forward(const Call& call, const ConvolutionSizes& s, Processor&,
                      const schema::Parameters& tuning) {
  const bool bias = call.inputs.size() == 3;
  return {{convolution_launch("depthwise", s, s.out_pixels() * vectors_of(s, tuning),
                              {Input{0}, Input{1}, bias ? Input{2} : Input{1}, Output{0}},
                              {whole(bias), whole(static_cast<std::int64_t>(activation_of(call)))},
                              tuning)},
          {},
          {},
          {}};
}

Lowered lower_data(const Call&, const ConvolutionSizes& s, Processor&,
                   const schema::Parameters& tuning) {
  return {{convolution_launch("depthwise_data", s, s.in_pixels() * vectors_of(s, tuning),
                              {Input{0}, Input{1}, Output{0}}, {}, tuning)},
          {},
          {},
          {}};
}

Lowered lower_weights(const Call&, const ConvolutionSizes& s, Processor& processor,
                      const schema::Parameters& tuning) {
  const std::int64_t rows = s.batch * s.out_height, columns = s.taps() * s.channels;
  const std::int64_t wanted = processor.kind() == ProcessorKind::cpu ? 256 : 16384;
  const std::int64_t one = s.taps() * vectors_of(s, tuning);
  const std::int64_t chunk = divide_up(rows, divide_up(wanted, one));
  const std::int64_t chunks = divide_up(rows, chunk);
  Lowered lowered;
  Reduction reduction(lowered, processor, tuning);
  const Operand sums = reduction.workspace(chunks * columns);
  lowered.launches.push_back(convolution_launch("depthwise_weights", s, chunks * one,
                                                {Input{0}, Input{1}, sums},
                                                {whole(rows), whole(chunk)}, tuning));
  reduction.sum_rows(sums, Output{0}, chunks, columns);
  return lowered;
}

ImplementationRegistration depthwise(ConvolutionDirection direction,
                                     Lowered (*lower)(const Call&, const ConvolutionSizes&,
                                                      Processor&, const schema::Parameters&)) {
  return convolution_registration(direction, "opencl/depthwise",
                                  "A vector of channels of one pixel for each work-item", 0,
                                  needs_depthwise, vectors, lower);
}

const ImplementationRegistration registrations[] = {
    depthwise(ConvolutionDirection::forward, lower_forward),
    depthwise(ConvolutionDirection::backward_data, lower_data),
    depthwise(ConvolutionDirection::backward_weights, lower_weights)};

}  // namespace
}  // namespace motley::workloads
