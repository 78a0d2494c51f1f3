// A network that computes its outputs on one processor, its constants packed once. A decoder goes
// on by one token each run.
#pragma once

#include "workloads/training.hpp"

namespace motley::workloads {

struct InferenceOptions {
  std::string model = "lenet5";
  std::int64_t batch = 1;
  std::uint64_t seed = 1;
  Fallback fallback = {};
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
  const RunScalars& scalars() const { return scalars_; }
  bool decodes() const { return model_.positions > 0; }

  /// Gives one inference; waits for its outputs. A decoder's next run is at the next position;
  /// behind the last it begins again.
  void run();
  /// A decoder at its first position and token again; waits. What its cache holds from there on is
  /// not seen.
  void reset();
  /// Of a decoder: the likeliest token of each text becomes its next input.
  void feed_back();

 private:
  Model model_;
  RunScalars scalars_;
  std::unique_ptr<Execution> execution_;
  std::vector<std::byte> tokens_;
};

}  // namespace motley::workloads
