// What a model consists of, without running it: operators, counts, memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workloads/models/model.hpp"

namespace motley::workloads {

struct OperatorDescription {
  std::string name, kind, output;
  double parameters = 0, macs = 0;
};

struct ModelDescription {
  std::string spec, input;
  std::int64_t batch = 1;
  std::vector<OperatorDescription> operators;  ///< of the forward pass
  /// By the conventions of golden_models.json: MACs of one sample; training is forward, gradients
  /// of weights, and of data but for the layer that reads the input; 0 where the form does not
  /// train (decoding).
  double parameters = 0, forward_macs = 0, training_macs = 0;
  /// Of the whole batch by category, without what implementations add (workspace, packed
  /// constants). Inference as infer runs it, fused and with what constants alone give computed
  /// ahead; training with momentum.
  std::map<std::string, double> inference_memory_bytes, training_memory_bytes;
  bool trains = true;
};

/// Throws BadArgument or UnknownName.
ModelDescription describe_model(const std::string& spec, std::int64_t batch);

}  // namespace motley::workloads
