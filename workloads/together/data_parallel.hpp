// A training step whose batch is split over two processors: each computes the gradients of its
// samples, the first averages them and updates, and the second gets the new parameters back. Batch
// norm takes the statistics of each part by itself, as data-parallel training does elsewhere.
#pragma once

#include "workloads/together/together.hpp"
#include "workloads/training.hpp"

namespace motley::workloads {

struct DataParallelOptions {
  TrainingOptions training;  ///< residency resident; the batch of both together
  double ratio = 0.5;        ///< the share of place 1; rounded to whole samples
  Synchronisation synchronisation = Synchronisation::event_wait;
};

/// One part of the batch.
struct Replica {
  std::size_t place = 0;
  std::int64_t batch = 0;
  TensorId input = no_tensor, label = no_tensor, loss = no_tensor;
};

class DataParallel {
 public:
  /// The processors must be parked. Throws as Together; BadArgument for a ratio out of range.
  DataParallel(const DataParallelOptions& options, const std::vector<Partner>& partners);

  const std::vector<Replica>& replicas() const { return replicas_; }
  Execution& execution() { return *execution_; }
  /// Of the whole batch. At first random, as Training's.
  void set_batch(std::span<const double> input, std::span<const double> labels);
  void step();
  TogetherTimes step_timed();
  /// Of the last step: the mean over all samples.
  double loss();
  /// By name, as the network calls it.
  Values parameter(const std::string& name);

 private:
  void add_replicas();
  void add_updates();
  TensorId weighted(std::size_t replica, TensorId gradient);
  void start(const std::vector<Partner>& partners);

  DataParallelOptions options_;
  Graph graph_;
  RunScalars scalars_;
  std::vector<Replica> replicas_;
  std::vector<std::map<TensorId, TensorId>> gradients_;  ///< [replica] of each parameter
  std::map<std::string, std::size_t> places_;
  std::map<TensorId, double> shares_;  ///< rows that weigh gradients
  std::uint64_t steps_ = 0;
  Values first_input_, first_labels_;
  std::vector<std::unique_ptr<Queue>> queues_;
  std::unique_ptr<Execution> execution_;
  std::unique_ptr<Crew> crew_;
};

}  // namespace motley::workloads
