// How good is a network on samples that it has not learnt from? Its own form for inference, planned
// on the same processors, takes the state of the training each time.
#pragma once

#include <optional>

#include "workloads/data/data_set.hpp"
#include "workloads/inference.hpp"

namespace motley::workloads {

struct Quality {
  /// Share of labels that are the largest output; nothing where the network takes no labels.
  std::optional<double> accuracy;
  /// Mean cross entropy in nats, or without labels the mean squared difference between outputs and
  /// inputs.
  double loss = 0;
};

class QualityTest {
 public:
  /// Plans and allocates; throws as Inference.
  QualityTest(const TrainingOptions& options, const Places& places, const Chooser& chooser,
              const DataSet& data);
  /// On the first `samples` of the test split, or all where it has fewer.
  Quality run(Training& training, std::uint64_t samples);

 private:
  const DataSet& data_;
  Inference inference_;
  std::uint64_t batch_;
};

}  // namespace motley::workloads
