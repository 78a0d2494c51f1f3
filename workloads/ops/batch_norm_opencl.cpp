// Batch normalisation on OpenCL devices: sums by chunks of rows, a table by channel, one pass over
// the elements.
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::embedded {
extern const std::string_view batch_norm_cl;
}

namespace motley::workloads {
namespace {

/// What all launches of one call know.
struct Norm {
  std::int64_t rows, channels, chunk, chunks, vectors;
  Operand activation;
  const schema::Parameters& tuning;

  Norm(const Call& call, const Processor& processor, const schema::Parameters& of)
      : rows(rows_of(call.inputs[0])),
        channels(columns_of(call.inputs[0])),
        chunk(processor.kind() == ProcessorKind::cpu ? 256 : 64),
        chunks(divide_up(rows, chunk)),
        vectors(divide_up(channels, vector_width(of))),
        activation(whole(static_cast<std::int64_t>(activation_of(call)))),
        tuning(of) {}

  Launch launch(const std::string& entry, std::int64_t work_items,
                std::vector<Operand> operands) const {
    Launch launch;
    launch.kernel.name = entry;
    launch.kernel.opencl = vector_form(embedded::batch_norm_cl, entry, tuning);
    launch.range = items(work_items);
    launch.operands = std::move(operands);
    return launch;
  }
  Launch sums(const std::string& entry, std::vector<Operand> operands) const {
    for (const std::int64_t size : {channels, rows, chunk}) operands.push_back(whole(size));
    return launch(entry, chunks * vectors, std::move(operands));
  }
  Launch elements(const std::string& entry, std::vector<Operand> operands) const {
    operands.push_back(whole(channels));
    operands.push_back(whole(rows * vectors));
    operands.push_back(activation);
    return launch(entry, rows * vectors, std::move(operands));
  }
  std::size_t floats(std::int64_t tables) const {
    return std::size_t(tables * channels) * sizeof(float);
  }
};

Lowered lower_training(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const Norm norm(call, processor, tuning);
  Lowered lowered;
  lowered.workspaces = {norm.floats(2 * norm.chunks), norm.floats(3)};
  lowered.launches = {
      norm.sums("moments", {Input{0}, Workspace{0}}),
      norm.launch(
          "finish_moments", norm.channels,
          {Input{0}, Workspace{0}, Input{1}, Input{2}, Output{1}, Output{2}, Output{3}, Output{4},
           Workspace{1}, whole(norm.channels), whole(norm.rows), whole(norm.chunks),
           single(call.number("epsilon")), single(call.number("momentum"))}),
      norm.elements("normalise", {Input{0}, Workspace{1}, Output{0}})};
  return lowered;
}

Lowered lower_inference(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const Norm norm(call, processor, tuning);
  Lowered lowered;
  lowered.workspaces = {norm.floats(3)};
  lowered.launches = {norm.launch("given_moments", norm.channels,
                                  {Input{1}, Input{2}, Input{3}, Input{4}, Workspace{0},
                                   whole(norm.channels), single(call.number("epsilon"))}),
                      norm.elements("normalise", {Input{0}, Workspace{0}, Output{0}})};
  return lowered;
}

Lowered lower_backward(const Call& call, Processor& processor, const schema::Parameters& tuning) {
  const Norm norm(call, processor, tuning);
  // Without an activation nobody looks at y.
  const Input y{activation_of(call) == Activation::none ? std::size_t{0} : std::size_t{5}};
  Lowered lowered;
  lowered.workspaces = {norm.floats(2 * norm.chunks), norm.floats(3)};
  Launch sums = norm.sums("gradient_sums", {Input{0}, Input{1}, y, Input{3}, Workspace{0}});
  sums.operands.push_back(norm.activation);
  lowered.launches = {
      sums,
      norm.launch("finish_gradient", norm.channels,
                  {Workspace{0}, Input{2}, Input{4}, Output{1}, Output{2}, Workspace{1},
                   whole(norm.channels), whole(norm.rows), whole(norm.chunks)}),
      norm.elements("spread_gradient", {Input{0}, Input{1}, y, Input{3}, Workspace{1}, Output{0}})};
  return lowered;
}

ImplementationRegistration opencl(const std::string& kind,
                                  Lowered (*lower)(const Call&, Processor&,
                                                   const schema::Parameters&)) {
  return {kind, [lower] {
            Implementation one;
            one.name = "opencl";
            one.summary = "Sums by chunks of rows; a vector of channels for each work-item";
            one.unsupported = [](const Call& call, Processor&) {
              return needs_plain_f32(call, {});
            };
            one.tunings = [](const Call&, Processor& processor, Tier tier) {
              return vector_widths(processor, tier);
            };
            one.lower = lower;
            return one;
          }};
}

const ImplementationRegistration registrations[] = {opencl("batch_norm", lower_training),
                                                    opencl("batch_norm_inference", lower_inference),
                                                    opencl("batch_norm_backward", lower_backward)};

}  // namespace
}  // namespace motley::workloads
