// Every kind's double-precision reference as an implementation on the CPU: slow, on one thread, and
// what a new operator runs with before it has a better one.
#include "workloads/graph/values.hpp"

namespace motley::workloads {
namespace {

Lowered lower(const OperatorKind& kind, const Call& call) {
  Launch launch;
  std::size_t arguments = 0;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    launch.operands.emplace_back(Input{i});
    ++arguments;
  }
  for (std::size_t i = 0; i < call.outputs.size(); ++i) launch.operands.emplace_back(Output{i});
  for (const std::string& name : kind.run_scalars)
    launch.operands.emplace_back(RunScalar{name.c_str()});
  launch.kernel.name = kind.name + "/reference";
  launch.kernel.cpu_members = 1;
  launch.kernel.cpu = [&kind, call, arguments](const CpuTask& task) {
    std::vector<Values> inputs, outputs;
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      inputs.push_back(
          to_values(call.inputs[i], {task.buffer<const std::byte>(i), call.inputs[i].bytes()}));
    }
    RunScalars scalars;
    for (std::size_t i = 0; i < kind.run_scalars.size(); ++i) {
      scalars[kind.run_scalars[i]] = task.value<float>(arguments + call.outputs.size() + i);
    }
    for (const TensorType& output : call.outputs)
      outputs.emplace_back(std::size_t(output.elements()));
    kind.reference(call, scalars, inputs, outputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto bytes = to_bytes(call.outputs[i], outputs[i]);
      std::copy(bytes.begin(), bytes.end(), task.buffer<std::byte>(arguments + i));
    }
  };
  return {{std::move(launch)}, {}, {}, {}};
}

}  // namespace

Implementation reference_implementation(const OperatorKind& kind) {
  Implementation result;
  result.name = "reference";
  result.summary = "The double-precision reference itself, on one thread";
  result.guess = 9;
  result.contends = [](const Processor&) { return false; };
  result.lower = [&kind](const Call& call, Processor&, const schema::Parameters&) {
    return lower(kind, call);
  };
  return result;
}

}  // namespace motley::workloads
