// A lowered operator whose operands are buffers and whose kernels are loaded: ready to be given to
// a queue again and again.
#pragma once

#include <memory>
#include <vector>

#include "workloads/graph/operator.hpp"

namespace motley::workloads {

/// Buffers for the operands of one operator; those of workspace and kept memory are at least as
/// large as Lowered says.
struct Operands {
  std::vector<Buffer*> inputs, outputs, workspaces, kept;
};

/// The launch's kernel. Throws Unsupported where it cannot run with work-groups of the launch's
/// size.
std::unique_ptr<LoadedKernel> load(Processor& processor, const Launch& launch);

class BoundOperator {
 public:
  /// Loads the kernels. `operands`' buffers must outlive it.
  BoundOperator(Processor& processor, const Lowered& lowered, const Operands& operands);

  /// The launches that pack constants: after each change of a constant input.
  void give_once(Queue& queue);
  void give(Queue& queue, const RunScalars& scalars);
  std::size_t launches() const { return launches_.size(); }
  /// For who times each launch.
  void give_launch(Queue& queue, std::size_t i, const RunScalars& scalars);

 private:
  struct Loaded {
    LoadedKernel* kernel;
    Range range;
    std::vector<Argument> arguments;
    std::vector<std::pair<std::size_t, RunScalar>> run_scalars;  ///< argument index, which one
  };
  static void give(Queue& queue, Loaded& launch, const RunScalars& scalars);

  std::vector<std::unique_ptr<LoadedKernel>> kernels_;
  std::vector<Loaded> once_, launches_;
};

}  // namespace motley::workloads
