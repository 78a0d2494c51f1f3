// A network in training on one processor: the graph with gradients and optimizer, planned under a
// residency mode, with its first state.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "workloads/graph/execution.hpp"
#include "workloads/graph/optimizer.hpp"
#include "workloads/models/model.hpp"

namespace motley::workloads {

/// What an OpenCL device leaves to the host's processor.
struct Fallback {
  bool when_unsupported = false;  ///< operators that it cannot compute; else they are refused
  std::set<std::string> operators = {};  ///< in any case
  bool wanted() const { return when_unsupported || !operators.empty(); }
};

struct TrainingOptions {
  std::string model = "lenet5";  ///< a spec: family:parameter=value,...
  std::int64_t batch = 32;
  OptimizerOptions optimizer;
  double learning_rate = 0.01;
  Residency residency = Residency::resident;
  unsigned loss_period = 50;  ///< steps, where the residency mode does not read it in each
  std::uint64_t seed = 1;
  Fallback fallback = {};
};

/// Forward (fused), loss, gradients of all parameters, updates.
Model training_model(const TrainingOptions& options);

/// Where a network computes, and who does on the host what the device leaves to it.
struct Places {
  Processor& processor;
  Queue& queue;
  Processor* host = nullptr;
  Queue* host_queue = nullptr;
};

/// Plans and allocates; the host takes part where options or fallback say so and the processor is a
/// device. Throws as make_plan, and Error where there is no host.
std::unique_ptr<Execution> start(const Model& model, const Places& places, const Chooser& chooser,
                                 PlanOptions options, const Fallback& fallback);

class Training {
 public:
  /// Builds, plans, allocates, initializes, fills inputs and labels with random content (for who
  /// measures without data); waits. Throws BadArgument, Unsupported, DeviceError.
  Training(const TrainingOptions& options, const Places& places, const Chooser& chooser);

  const Model& model() const { return model_; }
  const TrainingOptions& options() const { return options_; }
  Execution& execution() { return *execution_; }
  const Execution& execution() const { return *execution_; }
  RunScalars& scalars() { return scalars_; }

  /// Gives one step; waits only where the residency mode does.
  void step();
  /// A step operator by operator, each compared with its reference; waits. Returns the largest
  /// error over tolerance and where.
  double check_step(std::string& worst);
  std::uint64_t steps() const { return steps_; }
  /// The first state again.
  void reset();
  /// Of the last step; waits.
  double loss();

 private:
  TrainingOptions options_;
  Model model_;
  RunScalars scalars_;
  std::unique_ptr<Execution> execution_;
  std::uint64_t steps_ = 0;
};

/// Random content of a model's input and labels: images in [-1, 1), tokens and labels in range.
Values random_input(const Model& model, std::uint64_t seed);
Values random_labels(const Model& model, std::uint64_t seed);

}  // namespace motley::workloads
