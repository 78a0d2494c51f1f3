#include "workloads/ops/elementwise.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "harness/error.hpp"

namespace motley::embedded {
extern const std::string_view elementwise_cl, vectors_cl;
}

namespace motley::workloads {

std::int64_t divide_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

Range items(std::int64_t items) {
  return range(static_cast<std::size_t>(divide_up(items, 64) * 64), 64);
}

Operand whole(std::int64_t value) {
  return constant(static_cast<std::int32_t>(value));
}
Operand single(double value) {
  return constant(static_cast<float>(value));
}

unsigned members_for(std::int64_t elements) {
  return elements < 16384 ? 1 : 0;
}

std::vector<Operand> all_tensors(const Call& call) {
  std::vector<Operand> operands;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) operands.emplace_back(Input{i});
  for (std::size_t i = 0; i < call.outputs.size(); ++i) operands.emplace_back(Output{i});
  return operands;
}

std::string needs_plain_f32(const Call& call, const std::vector<std::size_t>& indices) {
  for (const auto* tensors : {&call.inputs, &call.outputs}) {
    for (std::size_t i = 0; i < tensors->size(); ++i) {
      const TensorType& type = (*tensors)[i];
      const bool index =
          tensors == &call.inputs && std::find(indices.begin(), indices.end(), i) != indices.end();
      const DataType wanted = index ? DataType::i32 : DataType::f32;
      if (type.dtype != wanted || type.layout != Layout::plain) {
        return fmt::format(
            "{} {} is {} (the kernel computes plain {} only). Convert it, or place it on a CPU.",
            tensors == &call.inputs ? "input" : "output", i, to_string(type), to_string(wanted));
      }
      if (type.elements() > std::numeric_limits<std::int32_t>::max() / 2) {
        return fmt::format("{} has more elements than 32-bit indices reach. Use a smaller batch.",
                           to_string(type));
      }
    }
  }
  return "";
}

std::vector<schema::Parameters> vector_widths(const Processor& processor, Tier tier) {
  const bool cpu = processor.kind() == ProcessorKind::cpu;
  std::vector<schema::Parameters> widths = {{{"vector", std::int64_t{cpu ? 16 : 4}}}};
  if (tier == Tier::full) widths.push_back({{"vector", std::int64_t{cpu ? 4 : 16}}});
  return widths;
}

std::int64_t vector_width(const schema::Parameters& tuning) {
  return std::get<std::int64_t>(tuning.at("vector"));
}

OpenclForm vector_form(std::string_view source, const std::string& entry,
                       const schema::Parameters& tuning) {
  return {std::string(embedded::vectors_cl).append(source), entry,
          fmt::format("-DVECTOR={}", vector_width(tuning))};
}

namespace {

PieceForm find_piece(const std::string& entry) {
  for (const auto find : {simd_piece, simd_optimizer_piece}) {
    if (const PieceForm form = find(entry)) return form;
  }
  return nullptr;
}

}  // namespace

Launch elementwise_launch(const Call& call, const Elementwise& what, const Processor& processor,
                          const schema::Parameters& tuning) {
  const std::int64_t elements = call.inputs.at(0).elements();
  const std::int64_t rows = what.columns > 0 ? elements / what.columns : 0;
  Launch launch;
  launch.kernel.name = what.entry;
  launch.operands = what.operands;
  if (what.columns > 0) {
    launch.operands.push_back(whole(what.columns));
    launch.operands.push_back(whole(rows));
  } else {
    launch.operands.push_back(whole(elements));
  }
  if (processor.members() > 0) {
    launch.kernel.cpu_members = members_for(elements);
    launch.kernel.cpu = [piece = find_piece(what.entry), rows, elements](const CpuTask& task) {
      const auto [begin, end] = rows > 0 ? task.share(rows) : task.share(elements, 256);
      piece(task, begin, end);
    };
  } else {
    launch.kernel.opencl = vector_form(embedded::elementwise_cl, what.entry, tuning);
    const std::int64_t width = vector_width(tuning);
    const std::int64_t each = processor.kind() == ProcessorKind::cpu ? what.vectors : 1;
    launch.range =
        items(rows > 0 ? rows * divide_up(what.columns, width) : divide_up(elements, width * each));
  }
  return launch;
}

BothRegistration::BothRegistration(const std::string& kind, Lower lower,
                                   std::vector<std::size_t> indices, Refusal refusal) {
  Implementation simd;
  simd.name = "simd";
  simd.summary = "Widest vectors of the CPU, all threads";
  simd.unsupported = [wanted = std::move(indices), refusal = std::move(refusal)](const Call& call,
                                                                                 Processor&) {
    const std::string types = needs_plain_f32(call, wanted);
    return types.empty() && refusal ? refusal(call) : types;
  };
  simd.lower = std::move(lower);
  Implementation opencl = simd;
  opencl.name = "opencl";
  opencl.summary = "A vector for each work-item";
  opencl.tunings = [](const Call&, Processor& processor, Tier tier) {
    return vector_widths(processor, tier);
  };
  for (const Implementation& one : {simd, opencl}) {
    const ImplementationRegistration registration(kind, [one] { return one; });
  }
}

ElementwiseRegistration::ElementwiseRegistration(const std::string& kind,
                                                 std::function<Elementwise(const Call&)> make) {
  const BothRegistration registration(
      kind,
      [make = std::move(make)](const Call& call, Processor& processor,
                               const schema::Parameters& tuning) -> Lowered {
        return {{elementwise_launch(call, make(call), processor, tuning)}, {}, {}, {}};
      });
}

std::vector<TensorType> same_as_inputs(const Call& call, std::size_t count) {
  if (call.inputs.size() != count) {
    throw Error(
        fmt::format("takes {} tensors, not {}. Give that many.", count, call.inputs.size()));
  }
  for (const TensorType& input : call.inputs) {
    if (input.shape != call.inputs[0].shape) {
      throw Error(fmt::format("{} and {} (all tensors must have one shape). Reshape one.",
                              to_string(call.inputs[0]), to_string(input)));
    }
  }
  return {call.inputs[0]};
}

}  // namespace motley::workloads
