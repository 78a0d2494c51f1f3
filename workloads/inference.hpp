// A network that computes its outputs on one processor, its constants packed once.
#pragma once

#include "workloads/training.hpp"

namespace motley::workloads {

struct InferenceOptions {
  std::string model = "lenet5";
  std::int64_t batch = 1;
  std::uint64_t seed = 1;
};

/// Fused.
Model inference_model(const InferenceOptions& options);

class Inference {
 public:
  /// Builds, plans, allocates, initializes, fills the input with random content; waits. Throws
  /// BadArgument, Unsupported, DeviceError.
  Inference(const InferenceOptions& options, const Places& places, const Chooser& chooser);

  const Model& model() const { return model_; }
  Execution& execution() { return *execution_; }
  const RunScalars& scalars() const { return model_.graph.scalars; }

  /// Gives one inference; waits for its outputs.
  void run() { execution_->run(scalars(), 0); }

 private:
  Model model_;
  std::unique_ptr<Execution> execution_;
};

}  // namespace motley::workloads
